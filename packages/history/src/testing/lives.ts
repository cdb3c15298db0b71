import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { batchOf } from '@telltale/event'
import { afterEach, beforeEach, expect } from 'vitest'
import { embedded } from '../engine/embedded.ts'
import type { Engine } from '../engine/engine.ts'
import { type History, history } from '../history.ts'
import type { HistoryOptions } from '../options.ts'

export const NOW = Date.UTC(2026, 10, 20, 12)
/** The folder of the test that runs. */
export let path: string
const opened: History[] = []
beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'life-'))
})
afterEach(async () => {
  for (const one of opened.splice(0)) await one.stop().catch(() => {})
  await rm(path, { recursive: true, force: true })
})

/** A history on that folder, stopped after the test. */
export async function starting(options: Partial<HistoryOptions> = {}): Promise<History> {
  const one = history({ path, keep: 'forever', ...options })
  opened.push(one)
  await one.start()
  return one
}
export const batch = (count: number, time = NOW) =>
  batchOf(
    Array.from({ length: count }, (_, i) => ({ type: 't', time, i })),
    { hostname: 'h', receivedAt: NOW },
  ).batch

/** An engine that has a file of its first insert spoilt before it says that is done. */
export function spoilingFirst(wanted: RegExp, spoil: (file: string) => Promise<void>): Engine {
  const engine = embedded({ path: join(path, 'history') })
  const { load } = engine
  let loads = 0
  engine.load = async given => {
    await load.call(engine, given)
    if (++loads > 1) return
    const [file] = await filesNamed(join(path, 'history', 'data', 'store'), wanted)
    await spoil(file!)
  }
  return engine
}

export async function enginePid(): Promise<number> {
  return Number.parseInt(await readFile(join(path, 'history', 'engine.pid'), 'utf8'), 10)
}

export async function filesNamed(dir: string, wanted: RegExp): Promise<string[]> {
  const names = await readdir(dir, { recursive: true })
  return names.filter(name => wanted.test(name)).map(name => join(dir, name))
}

/** Waits until the history has all up to a seq. */
export async function handedOver(one: History, seq: number, timeout: number): Promise<void> {
  const flushed = async (): Promise<number> => {
    await one.flush()
    return one.flushedSeq
  }
  await expect.poll(flushed, { timeout, interval: 100 }).toBe(seq)
}
