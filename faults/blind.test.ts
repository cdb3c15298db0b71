import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { batchOf } from '@telltale/event'
import { embedded, type History, history } from '@telltale/history'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Shim } from './shim.ts'

/** A disk of which the engine reads by calls that can be stood in for; of others it first asks the system's cache. */
const MEMORY = '/dev/shm'

const here = existsSync('/usr/bin/cc') && existsSync(MEMORY)

let folder: string
let shim: Shim | undefined
const before = { ...process.env }
const opened: History[] = []
beforeEach(() => {
  if (!here) return
  folder = mkdtempSync(join(MEMORY, 'blind-'))
  mkdirSync(join(folder, 'shim'))
  shim = Shim.make(join(folder, 'shim'), folder)
})
afterEach(async () => {
  if (!here) return
  for (const one of opened.splice(0)) await one.stop().catch(() => {})
  for (const name of ['LD_PRELOAD', 'TELLTALE_FAULTS_SHIM', 'TELLTALE_FAULTS_BLIND', 'TELLTALE_FAULTS_BLIND_WHILE'])
    if (before[name] === undefined) delete process.env[name]
    else process.env[name] = before[name]
  shim?.close()
  rmSync(folder, { recursive: true, force: true })
})

const flag = (): string => join(folder, 'blind')

/** Engines started from now on cannot read files whose names end so, while the flag is there. */
function blindFor(end: string): void {
  const { LD_PRELOAD, TELLTALE_FAULTS_SHIM } = shim!.env
  Object.assign(process.env, {
    LD_PRELOAD,
    TELLTALE_FAULTS_SHIM,
    TELLTALE_FAULTS_BLIND: end,
    TELLTALE_FAULTS_BLIND_WHILE: flag(),
  })
}

async function starting(said: string[] = []): Promise<History> {
  const path = join(folder, 'data')
  const log = (line: string): void => void said.push(line)
  const one = history({ path, keep: 'forever', log, engine: embedded({ path: join(path, 'history'), log }) })
  opened.push(one)
  await one.start()
  return one
}

const batch = () =>
  batchOf(
    Array.from({ length: 5 }, (_, i) => ({ type: 't', time: Date.UTC(2026, 10, 20), i })),
    { hostname: 'h', receivedAt: Date.UTC(2026, 10, 20) },
  ).batch

test.skipIf(!here)(
  'scar: a part whose marks the disk does not give is not opened as one without events, which would go',
  async () => {
    const one = await starting()
    for (let i = 0; i < 3; i++) {
      await one.append(batch())
      await one.flush()
    }
    await one.stop()
    blindFor('_1_1_0/data.cmrk4')
    writeFileSync(flag(), '')
    const said: string[] = []
    const two = await starting(said)
    expect(said.join()).toMatch(/misread parts of the history: 20261120_1_1_0 \(0 events instead of 5\)/)
    rmSync(flag())
    const count = async (): Promise<number> => (two.status.engine.kind === 'ready' ? two.count().catch(() => -1) : -1)
    await expect.poll(count, { timeout: 30_000, interval: 200 }).toBe(15)
    expect(two.status.detached).toEqual([])
  },
  60_000,
)
