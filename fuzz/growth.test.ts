import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { scan } from '@telltale/event'
import { expect, test } from 'vitest'

setFlagsFromString('--expose-gc')
const gc = runInNewContext('gc') as () => void

function held(): number {
  gc()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

/** Events of keys that nobody ever used before; `from` is the number of the first. */
function strange(from: number, keys: number): Buffer {
  let lines = ''
  for (let n = from; n < from + keys; n += 5)
    lines += `{"type":"t","a${n}":{"b":1},"a${n + 1}":"x","a${n + 2}":[],"a${n + 3}":null,"a${n + 4}":true}\n`
  return Buffer.from(lines)
}

const KEYS = 600_000
const STEP = 10_000

test('keys that a sender makes up are let go of: what is held does not grow with them (Riemann PR#1004)', () => {
  const halves = [0, 0]
  scan(strange(0, STEP), { hostname: 'h', receivedAt: 1 })
  const before = held()
  for (let n = STEP; n < KEYS; n += STEP) {
    const { batch } = scan(strange(n, STEP), { hostname: 'h', receivedAt: 1 })
    expect(batch.length).toBeGreaterThan(0)
    const half = n < KEYS / 2 ? 0 : 1
    halves[half] = Math.max(halves[half]!, held() - before)
  }
  expect(halves[0]).toBeGreaterThan(0)
  expect(halves[1]).toBeLessThan(halves[0]! * 1.3 + (8 << 20))
}, 120_000)
