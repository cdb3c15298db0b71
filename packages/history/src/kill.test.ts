import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { batchOf } from '@telltale/event'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type History, history } from './history.ts'

/** Of kills; more make it likelier to meet a bad moment. */
const ROUNDS = Number(process.env['ROUNDS'] ?? 2)
let path: string
beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'kill-'))
})
afterEach(() => rm(path, { recursive: true, force: true }))

async function allFlushed(one: History): Promise<void> {
  const flushed = async (): Promise<number> => {
    await one.flush()
    return one.flushedSeq
  }
  await expect.poll(flushed, { timeout: 20_000 }).toBe(one.journal.lastSeq)
}

/** How often each id is in history. */
async function timesEach(one: History): Promise<Map<number, number>> {
  const times = new Map<number, number>()
  for await (const batch of one.latest(1e9))
    for (let row = 0; row < batch.length; row++) {
      const id = batch.info(row)['id'] as number
      times.set(id, (times.get(id) ?? 0) + 1)
    }
  return times
}

test(
  'the engine killed while it inserts: every event is there exactly once',
  async () => {
    const one = history({ path, keep: 'forever', journal: { segmentBytes: 500_000 } })
    await one.start()
    let id = 0
    for (let round = 0; round < ROUNDS + 1; round++) {
      for (let i = 0; i < 6; i++) {
        const inputs = Array.from({ length: 3000 }, () => ({
          time: Date.UTC(2026, 0, 1 + (id % 2)),
          id: id++,
          filler: 'y'.repeat(50),
        }))
        await one.append(batchOf(inputs, { hostname: 'h', receivedAt: 1_795_132_800_000 }).batch)
      }
      await expect.poll(() => one.status.engine.kind, { timeout: 20_000 }).toBe('ready')
      await sleep(90 * (round % 7))
      process.kill(Number.parseInt(await readFile(join(path, 'history', 'engine.pid'), 'utf8'), 10), 'SIGKILL')
      await expect.poll(() => one.status.engine.kind).not.toBe('ready')
    }
    await allFlushed(one)
    await expect.poll(() => one.status.engine.kind, { timeout: 20_000 }).toBe('ready')
    const times = await timesEach(one)
    expect([times.size, [...times.values()].every(n => n === 1)]).toEqual([id, true])
    expect(await one.count()).toBe(id)
    await one.stop()
  },
  30_000 * ROUNDS,
)

const SCRIPT = fileURLToPath(new URL('../child/append.mjs', import.meta.url))

test(
  'all killed while it appends: what was acknowledged is there exactly once, whole',
  async () => {
    const acknowledged: number[] = []
    for (let round = 0; round < ROUNDS; round++) {
      const writer = spawn(process.execPath, [SCRIPT, path, String(round)], { stdio: ['ignore', 'pipe', 'inherit'] })
      const started = new Promise<void>((resolve, reject) => {
        createInterface(writer.stdout).on('line', line => {
          const [from, to] = line.split(' ').map(Number)
          for (let id = from!; id < to!; id++) acknowledged.push(id)
          resolve()
        })
        writer.once('exit', code => reject(new Error(`the writer ended by itself: ${code}`)))
      })
      await started
      await sleep(200 + 300 * (round % 4))
      writer.removeAllListeners('exit')
      const gone = new Promise(resolve => writer.once('close', resolve))
      writer.kill('SIGKILL')
      await gone
    }
    const one = history({ path, keep: 'forever' })
    await one.start()
    await allFlushed(one)
    const times = await timesEach(one)
    expect(acknowledged.length).toBeGreaterThan(100)
    const often = [...times].filter(([, n]) => n > 1).map(([id]) => id)
    expect({ lost: acknowledged.filter(id => !times.has(id)), often }).toEqual({ lost: [], often: [] })
    expect(await one.count()).toBe(times.size)
    await one.stop()
  },
  30_000 * ROUNDS,
)
