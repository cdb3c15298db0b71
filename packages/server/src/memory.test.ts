import { expect, test } from 'vitest'
import { divide, relieve } from './memory.ts'

const GB = 1e9

test('one figure is divided among the parts, which are less than the whole', () => {
  for (const memory of ['1GB', '2GB', '64GB', 1.5e9]) {
    const { all, ...parts } = divide({ memory })
    expect(Object.values(parts).reduce((sum, part) => sum + part)).toBeLessThan((all - 400e6) * 0.85)
  }
  expect(divide({ memory: '2GB' })).toEqual({
    all: 2 * GB,
    latest: 0.32 * GB,
    history: 0.8 * GB,
    pending: 40_000_000,
    journal: 40_000_000,
    bodies: 40_000_000,
    unread: 40_000_000,
    mailboxes: 40_000_000,
  })
})

test('by default half of what the machine has, at most 2 GB', () => {
  expect(divide({}, 64 * GB).all).toBe(2 * GB)
  expect(divide({}, 3 * GB).all).toBe(1.5 * GB)
  expect(divide({}, 0.5 * GB).all).toBe(0.8 * GB)
})

test('a part named gets what it is given; the whole grows with it where it was not given', () => {
  const { all, latest, history } = divide({ latest: { memory: '4GB' }, history: { memory: 3e9 } }, 64 * GB)
  expect([latest, history]).toEqual([4 * GB, 3 * GB])
  expect(all).toBeGreaterThan(7 * GB)
  expect(divide({ memory: '2GB', latest: { memory: '100MB' } }).latest).toBe(1e8)
})

test.each([
  [{ memory: '2GB', latest: { memory: '2GB' } }, /memory: 2000 MB are less than its parts have: 2000 MB for latest/],
  [{ memory: 'much' }, /memory: expected bytes or a size such as 2GB, found "much"/],
  [{ memory: -1 }, /found -1/],
  [{ memory: '100MB' }, /at least 800MB .*, found "100MB"/],
  [{ latest: { memory: '12 apples' } }, /latest\.memory/],
])('%j is refused', (options, message) => {
  expect(() => divide(options)).toThrow(message)
})

test('near the bound, garbage is collected now; well below it, it is left to V8', () => {
  const held = (): number => process.memoryUsage().arrayBuffers
  const litter = (): void => {
    for (let i = 0; i < 20; i++) new Uint8Array(10e6).fill(1)
  }
  litter()
  const before = held()
  relieve(divide({ memory: '1000GB' }))
  expect(held()).toBe(before)
  litter()
  relieve({ ...divide({ memory: '800MB' }), all: 0, history: 0 })
  expect(held()).toBeLessThan(50e6)
})
