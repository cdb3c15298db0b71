import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { contrast } from '../colour/vision.ts'

const css = readFileSync(new URL('../page.css', import.meta.url), 'utf8')

/** The tokens of a block of page.css that are plain colours. */
function tokens(selector: string): Record<string, string> {
  const block = css.slice(css.indexOf(`${selector} {`)).split('}')[0]!
  return Object.fromEntries([...block.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map(([, name, value]) => [name, value]))
}
const light = tokens(':root')
const dark = { ...light, ...tokens(':root[data-theme="dark"]') }

/** Text, and what it stands on. WCAG AA: 4.5. */
const TEXTS: readonly (readonly [string, readonly string[]])[] = [
  ['ink', ['paper', 'sheet', 'raised', 'accent-wash', 'bad-wash']],
  ['muted', ['paper', 'sheet', 'raised', 'accent-wash']],
  ['accent', ['paper', 'sheet', 'raised', 'accent-wash']],
  ['accent-ink', ['accent']],
  ['bad', ['paper', 'bad-wash']],
  ['good', ['paper']],
  ['warn', ['sheet']],
  ['film-ink', ['film', 'film-lane']],
  ['film-muted', ['film', 'film-lane']],
  ['syntax-keyword', ['raised']],
  ['syntax-function', ['raised']],
  ['syntax-string', ['raised']],
  ['syntax-number', ['raised']],
]

describe.each([
  ['light', light],
  ['dark', dark],
])('%s', (_, theme) => {
  it.each(TEXTS)('%s can be read', (text, grounds) => {
    for (const ground of grounds)
      expect(contrast(theme[text]!, theme[ground]!), `on ${ground}`).toBeGreaterThanOrEqual(4.5)
  })

  it('shows where controls end', () => {
    for (const ground of ['paper', 'sheet', 'raised'])
      expect(contrast(theme['rule-strong']!, theme[ground]!), ground).toBeGreaterThanOrEqual(2.5)
  })
})
