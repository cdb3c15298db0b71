import { lookChanged } from '../answer/line-graph.ts'

const KEY = 'telltale-theme'
export type Theme = 'light' | 'dark'

const system = matchMedia('(prefers-color-scheme: dark)')

/** What a person chose here before, else what the system prefers. */
export function theme(): Theme {
  const chosen = localStorage.getItem(KEY)
  if (chosen === 'light' || chosen === 'dark') return chosen
  return system.matches ? 'dark' : 'light'
}

export function chooseTheme(chosen: Theme): void {
  localStorage.setItem(KEY, chosen)
  applyTheme()
}

export function applyTheme(): void {
  document.documentElement.dataset['theme'] = theme()
  lookChanged.tell()
}

export function followTheme(): void {
  applyTheme()
  system.addEventListener('change', applyTheme)
}
