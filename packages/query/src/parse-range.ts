import type { Cursor } from './cursor.ts'
import { printMoment, readMoment } from './moment.ts'
import { Refusal } from './query-error.ts'
import type { Range } from './tree.ts'

const LAST = Date.UTC(9999, 11, 31)

/** Reads `last 24h` or `between … and …`. Throws {@link Refusal}. */
export function parseRange(cursor: Cursor): Range {
  if (cursor.advance().text === 'last') return { kind: 'last', ms: cursor.duration() }
  const from = moment(cursor)
  if (!cursor.take('and')) throw cursor.expected('and', 'write between 2026-11-22T10:00Z and 2026-11-22T12:00Z')
  const { position } = cursor.token
  const to = moment(cursor)
  if (to <= from) throw new Refusal('the range ends before it begins', position, 'write the earlier time first')
  return { kind: 'between', from, to }
}

function moment(cursor: Cursor): number {
  const { kind, value } = cursor.token
  const ms = kind === 'number' ? Math.round(Number(value) * 1e3) / 1e3 : readMoment(value)
  if (ms === undefined || !(ms <= LAST)) {
    throw cursor.expected(
      `a time up to ${printMoment(LAST)}: ISO 8601 or ms since the epoch`,
      'for example 2026-11-22T10:00Z',
    )
  }
  cursor.advance()
  return ms
}
