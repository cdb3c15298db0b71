import type { Aggregate } from '../aggregate.ts'

function extreme(
  name: string,
  doc: string,
  example: string,
  wins: (a: number, b: number) => boolean,
): Aggregate<number | null> {
  const pick = (a: number | null, b: number | null): number | null =>
    a === null ? b : b === null || !wins(b, a) ? a : b
  return {
    name,
    params: [{ name: 'x', kind: 'number' }],
    doc,
    example,
    type: 'argument',
    family: name,
    init: () => null,
    add: (state, value) => pick(state, value as number),
    merge: pick,
    result: state => (state === 0 ? 0 : state),
    sql: ({ number }) => [`${name}(${number})`],
    sqlResult: ({ number }) => `${name}(${number})`,
    fromSql: ([value]) => (value === null || value === undefined ? null : Number(value)),
  }
}

export const min: Aggregate<number | null> = extreme(
  'min',
  'The least of the numbers.',
  'type = page_load | min(execution_time) by url',
  (a, b) => a < b,
)

export const max: Aggregate<number | null> = extreme(
  'max',
  'The greatest of the numbers.',
  'type = gc | max(pause_ms) by hostname, 1m',
  (a, b) => a > b,
)
