import { text } from '../literal.ts'

/** A SETTINGS clause. */
export function settingsClause(settings: Readonly<Record<string, number | string>>): string {
  const pairs = Object.entries(settings).map(
    ([key, value]) => `${key} = ${typeof value === 'number' ? value : text(value)}`,
  )
  return `SETTINGS ${pairs.join(', ')}`
}
