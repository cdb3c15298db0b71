import fc from 'fast-check'
import { expect, test } from 'vitest'
import { batchOf, type JsonObject, rowView, scan, setInfo, setTags, setWord, writeInfo, writeLines } from './index.ts'

const origin = { hostname: 'h', receivedAt: 1_795_132_800_000 }

test('words and tags of one row', () => {
  const { batch } = batchOf([{ type: 'a' }, { type: 'a' }], origin)
  setWord(batch, 'type', 1, '404')
  setWord(batch, 'md5', 1, 'm')
  setTags(batch, 1, ['x', 'x', 'y'])
  expect(batch.event(0)).toMatchObject({ type: 'a', md5: '', tags: [] })
  expect(batch.event(1)).toMatchObject({ type: '404', md5: 'm', tags: ['x', 'y'] })
})

const key = fc.constantFrom('a', 'b', 'c', '__proto__')
const value: fc.Arbitrary<unknown> = fc.oneof(
  fc.integer(),
  fc.string(),
  fc.boolean(),
  fc.constantFrom(null, undefined, Number.NaN, {}, [], [1, { x: 2 }], { a: 1 }, { b: { c: 2 }, a: 'x' }),
)
const info = fc.letrec<{ object: JsonObject }>(tie => ({
  object: fc.dictionary(key, fc.oneof({ maxDepth: 3 }, fc.integer(), fc.constantFrom('s', null, true), tie('object')), {
    maxKeys: 3,
    noNullPrototype: true,
  }) as fc.Arbitrary<JsonObject>,
})).object

/** The obvious way, on a plain object. */
function put(object: JsonObject, keys: readonly string[], to: unknown): void {
  if (to === undefined || Number.isNaN(to)) return
  let at = object
  const define = (on: JsonObject, name: string, what: unknown) =>
    Object.defineProperty(on, name, { value: what, writable: true, enumerable: true, configurable: true })
  for (const name of keys.slice(0, -1)) {
    const next = Object.hasOwn(at, name) ? at[name] : undefined
    if (typeof next !== 'object' || next === null || Array.isArray(next)) define(at, name, {})
    at = at[name] as JsonObject
  }
  define(at, keys.at(-1)!, to)
}

test('setInfo does to columns what assignment does to objects', () => {
  fc.assert(
    fc.property(
      fc.array(info, { minLength: 1, maxLength: 6 }),
      fc.array(
        fc.tuple(
          fc.array(key, { minLength: 1, maxLength: 3 }),
          fc.array(value, { minLength: 6, maxLength: 6 }),
          fc.nat(63),
        ),
        { maxLength: 4 },
      ),
      (infos, edits) => {
        const { batch } = batchOf(
          infos.map(additional_info => ({ additional_info })),
          origin,
        )
        const plain = infos.map((_, row) => batch.info(row))
        for (const [keys, values, mask] of edits) {
          const rows = infos.map((_, row) => row).filter(row => mask & (1 << row))
          setInfo(batch, keys, rows, values)
          rows.forEach((row, i) => {
            put(plain[row]!, keys, values[i])
          })
        }
        const again = scan(writeLines(batch), { ...origin, trusted: true }).batch
        plain.forEach((should, row) => {
          expect(batch.info(row)).toEqual(should)
          expect(JSON.parse(writeInfo(batch, row))).toEqual(should)
          expect(rowView(again, row).additional_info).toEqual(should)
        })
      },
    ),
    { seed: 11, numRuns: 500 },
  )
})
