import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SqlCounts, SqlDistinct } from '@telltale/query'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { embedded } from './engine/embedded.ts'
import type { Engine } from './engine/engine.ts'
import { blocksOf } from './native.ts'

let path: string
let engine: Engine
beforeAll(async () => {
  path = await mkdtemp(join(tmpdir(), 'native-'))
  engine = embedded({ path })
  await engine.start()
})
afterAll(async () => {
  await engine.stop()
  await rm(path, { recursive: true, force: true })
})

async function rows(sql: string): Promise<unknown[][]> {
  const { bytes } = await engine.read(sql, { format: 'Native' })
  const all: unknown[][] = []
  for (const { rows, columns } of blocksOf(bytes))
    for (let i = 0; i < rows; i++) all.push(columns.map(column => column[i]))
  return all
}

test.each<[sql: string, value: unknown]>([
  ['toUInt8(255)', 255],
  ['toUInt16(65535)', 65535],
  ['toUInt32(4294967295)', 4294967295],
  ['toUInt64(9007199254740991)', 9007199254740991],
  ['toInt64(-9007199254740991)', -9007199254740991],
  ['-1.5', -1.5],
  ['true', true],
  ["'ü😀'", 'ü😀'],
  ["repeat('x', 300)", 'x'.repeat(300)],
  ['NULL', null],
  ["toNullable('a')", 'a'],
  ["CAST(NULL, 'Nullable(Float64)')", null],
  ["CAST('a', 'LowCardinality(String)')", 'a'],
  ["CAST(NULL, 'LowCardinality(Nullable(String))')", null],
  ["('a', toNullable(toUInt64(1)), 0.5)", ['a', 1, 0.5]],
  ["['a', '']", ['a', '']],
  ['[toUInt16(1), toUInt16(2)]', Uint16Array.of(1, 2)],
  ["CAST([], 'Array(Float64)')", new Float64Array()],
])('%s', async (sql, value) => expect(await rows(`SELECT ${sql}, toUInt8(7)`)).toEqual([[value, 7]]))

test('many rows, in blocks; texts that come again; dictionaries beyond a byte', async () => {
  const n = 150_000
  const found = await rows(
    `SELECT number, concat('t', toString(number % 5000)), toLowCardinality(toString(number % 700)), [number] FROM numbers(${n}) ORDER BY number`,
  )
  expect(found.length).toBe(n)
  expect(
    found.every(
      ([i, t, d, a], at) => i === at && t === `t${at % 5000}` && d === `${at % 700}` && (a as number[])[0] === at,
    ),
  ).toBe(true)
})

test('a state of quantileExactWeighted', async () => {
  const [[state, after]] = (await rows(
    'SELECT quantileExactWeightedState(0.5)(toUInt32(number % 3), 1), 7 FROM numbers(10)',
  )) as [[SqlCounts, number]]
  const counts = Array.from(state.keys, (key, i) => [key, state.counts[i]]).sort((a, b) => a[0]! - b[0]!)
  expect(counts).toEqual([
    [0, 4],
    [1, 3],
    [2, 3],
  ])
  expect(after).toBe(7)
})

test.each([0, 1, 16, 17, 512, 513, 5000])('a state of uniqCombined64 with %i values', async n => {
  const [[state, after]] = (await rows(`SELECT uniqCombined64State(14)(number), 7 FROM numbers(${n})`)) as [
    [Exclude<SqlDistinct, number>, number],
  ]
  expect(after).toBe(7)
  if ('hashes' in state) expect([n <= 512, state.hashes.length]).toEqual([true, n * 2])
  else if ('ranks' in state) {
    const { ranks } = state
    expect([n > 512, ranks.length]).toEqual([true, 1 << 14])
    expect(
      Math.abs(ranks.filter(rank => rank > 0).length / ((1 << 14) * (1 - Math.exp(-n / (1 << 14)))) - 1),
    ).toBeLessThan(0.05)
  }
})

test.each([0, 1, 16, 17, 5000])('a state of uniqExact with %i values', async n => {
  const [[state, after]] = (await rows(`SELECT uniqExactState(number), 7 FROM numbers(${n})`)) as [
    [Exclude<SqlDistinct, number>, number],
  ]
  expect(after).toBe(7)
  const { words } = state as { words: Uint32Array }
  expect(Array.from(words.filter((_, i) => i % 2 === 0)).sort((a, b) => a - b)).toEqual(
    Array.from({ length: n }, (_, i) => i),
  )
})

test('another type is a bug, and says so', async () => {
  await expect(rows("SELECT toDate('2026-01-01')")).rejects.toThrow('BUG: a column of Date')
})
