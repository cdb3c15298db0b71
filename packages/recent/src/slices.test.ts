import { type Steps, sorting, TooMuch } from '@telltale/query'
import { expect, test } from 'vitest'
import { recent, Slices, TooMany } from './index.ts'

function* counting(steps: number, each?: () => void): Steps<number> {
  for (let i = 0; i < steps; i++) {
    each?.()
    yield
  }
  return steps
}

test('queries take turns, and everything else gets its turn between two slices', async () => {
  const slices = new Slices({ slice: 1, atOnce: 3 })
  const order: string[] = []
  const busy = (ms: number): void => {
    const end = performance.now() + ms
    while (performance.now() < end);
  }
  let turns = 0
  const watch = setInterval(() => turns++, 0)
  const note = (name: string) => () => {
    order.push(name)
    busy(0.6)
  }
  const found = await Promise.all([slices.run(counting(20, note('a'))), slices.run(counting(20, note('b')))])
  clearInterval(watch)
  expect(found).toEqual([20, 20])
  expect(order.indexOf('b')).toBeLessThan(order.lastIndexOf('a'))
  expect(turns).toBeGreaterThan(3)
  expect(slices.size).toBe(0)
})

test('more than may wait are refused, the others are answered in their order', async () => {
  const slices = new Slices({ atOnce: 1, waiting: 2 })
  const ended: number[] = []
  const asked = [1, 2, 3].map(n => slices.run(counting(n * 10)).then(() => ended.push(n)))
  await expect(slices.run(counting(1))).rejects.toBeInstanceOf(TooMany)
  await Promise.all(asked)
  expect(ended).toEqual([1, 2, 3])
})

test('what takes too long ends with a clear error, what is aborted with its reason, and what fails with its own', async () => {
  let returned = 0
  function* endless(): Steps<void> {
    try {
      for (;;) yield
    } finally {
      returned++
    }
  }
  const slices = new Slices({ timeout: 20 })
  await expect(slices.run(endless())).rejects.toThrow(/not answered within 0.02 s: ask for less/)
  await expect(new Slices().run(endless(), { limits: { ms: 20, cells: 10 } })).rejects.toThrow(
    /longer than 0.02 s: narrow/,
  )
  await expect(slices.run(endless())).rejects.toBeInstanceOf(TooMuch)
  const abort = new AbortController()
  const aborted = new Slices().run(endless(), { signal: abort.signal })
  setImmediate(() => abort.abort(new Error('enough')))
  await expect(aborted).rejects.toThrow('enough')
  await expect(slices.run(endless(), { signal: AbortSignal.abort(new Error('before')) })).rejects.toThrow('before')
  await expect(new Slices().run(sorting([2, 1], () => JSON.parse('{')))).rejects.toBeInstanceOf(SyntaxError)
  expect(returned).toBe(4)
  expect(slices.size).toBe(0)
})

test('asking answers as a query at once does, over what was held then', async () => {
  const latest = recent({ chunk: 64 })
  for (let i = 0; i < 1000; i++) latest.add(JSON.stringify({ type: 'a', n: i % 10 }))
  const asked = latest.ask('count() by n | sort count desc')
  const expected = latest.query('count() by n | sort count desc')
  latest.add('{"n":3}')
  expect(await asked).toEqual(expected)
  expect(await latest.ask('count()', { limit: 1 })).toMatchObject({ rows: [[1001]] })
  await expect(latest.ask('count( by')).rejects.toThrow()
  expect(() => recent({ slices: { slice: 0 } })).toThrow('found 0')
})
