import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { batchOf } from '@telltale/event'
import { expect, test } from 'vitest'
import { history } from './history.ts'

/** More than four segments of the engine's share, each field of a kind of its own so that merges are dear. */
const EVENTS = 240_000
const EACH = 8000

test('an engine of little memory takes what comes in and merges it without running out of it', async () => {
  const path = await mkdtemp(join(tmpdir(), 'memory-'))
  const said: string[] = []
  const one = history({ path, keep: 'forever', memory: 320e6, log: message => said.push(message) })
  try {
    await one.start()
    for (let from = 0; from < EVENTS; from += EACH) {
      const events = Array.from({ length: EACH }, (_, i) => {
        const n = from + i
        const fields = Array.from({ length: 12 }, (_, k) => [
          `f${(n + k) % 24}`,
          k % 2 ? n / 7 : `some text ${n % 977}`,
        ])
        return { type: `t${n % 5}`, n, ...Object.fromEntries(fields) }
      })
      await one.append(batchOf(events, { hostname: 'h', receivedAt: Date.UTC(2026, 10, 20) }).batch)
    }
    await one.flush()
    expect([await one.count(), said]).toEqual([EVENTS, []])
  } finally {
    await one.stop()
    await rm(path, { recursive: true, force: true })
  }
}, 120_000)
