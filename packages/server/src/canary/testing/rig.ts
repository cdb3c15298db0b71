import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Batch, type Clock, type EventInput, SimulatedClock } from '@telltale/event'
import { type EngineState, history } from '@telltale/history'
import { type Busy, Pipeline, type Stages } from '@telltale/pipeline'
import type { Partial, Query, Scope } from '@telltale/query'
import { recent } from '@telltale/recent'
import { expect } from 'vitest'
import { Asker } from '../../ask.ts'
import { Live, type Subscribe } from '../../live.ts'
import { StandingHost } from '../../standing-host.ts'
import { Canary } from '../canary.ts'
import { type CanaryOptions, canarySettings } from '../options.ts'
import { readiness } from '../readiness.ts'
import type { StageName } from '../stage.ts'

export const START = 1e12
/** When the canary of second 15 is acknowledged: at once, or with the next step. `set` is how far the clock was set since. */
export const fourth = (set = 0) => expect.toBeOneOf([START + set + 15_000, START + set + 15_250])

/** A Telltale around a canary, every part of which can be made to fail; each door takes half a second. What the history has is in a ring of its own. */
export function made(options: CanaryOptions = {}, stages: Stages = {}, doors: readonly string[] = []) {
  const time = new SimulatedClock(START)
  /** How long the process stood still, in ms. */
  let still = 0
  const clock: Clock = {
    now: () => time.now(),
    elapsed: () => time.elapsed() + still,
    after: (ms, call) => time.after(ms, call),
    every: (ms, call) => time.every(ms, call),
  }
  const does = {
    journal: true,
    early: false,
    fail: false,
    live: true,
    door: true,
    recent: true,
    flush: true,
    pressure: undefined as Busy | undefined,
  }
  const engine: { state: EngineState } = { state: { kind: 'ready' } }
  const log: string[] = []
  const told: EventInput[] = []
  const latest = recent({ clock })
  const past = recent({ clock })
  const unflushed: Batch[] = []
  const waiting: (() => void)[] = []
  const journal = {
    lastSeq: 0,
    async append(batch: Batch): Promise<void> {
      if (does.fail) throw new Error('no space left on device')
      batch.seq = journal.lastSeq + 1
      batch.collector = 'c'
      journal.lastSeq += batch.length
      if (!does.journal) await new Promise<void>(resolve => waiting.push(resolve))
      unflushed.push(batch)
    },
    get pressure() {
      return does.pressure
    },
  }
  const kept = {
    journal,
    flushedSeq: 0,
    partial: async (query: Query, scope: Scope): Promise<Partial> => past.partial(query, scope),
    onFlushed: () => () => {},
    get status() {
      return { engine: engine.state, detached: [], missing: 0, damaged: 0, lost: 0, stuck: undefined }
    },
  }
  const pipeline = new Pipeline({ journal, clock, hostname: 'h', ...stages })
  const asker = new Asker(latest, history({ path: mkdtempSync(join(tmpdir(), 'telltale-canary-')) }))
  asker.beforeRing = Number.NEGATIVE_INFINITY
  const live = new Live({ host: new StandingHost({ asker, recent: latest, clock }), asker, recent: latest, clock })
  pipeline.broadcast.consume(batch => does.recent && latest.append(batch))
  pipeline.broadcast.listen('live', batch => {
    if (does.live) live.batch(batch)
  })
  pipeline.broadcast.consume(batch => {
    if (does.early) live.batch(batch)
  })
  /** What the canary said to those who watch live. */
  const said: Subscribe[] = []
  const heard: Pick<Live, 'join'> = {
    join(outgoing) {
      const { receive, leave } = live.join(outgoing)
      return {
        leave,
        receive(message) {
          said.push(message)
          receive(message)
        },
      }
    },
  }
  const canary = new Canary(
    {
      intake: pipeline,
      live: heard,
      asker,
      history: kept,
      clock,
      hostname: 'h',
      log: line => log.push(line),
      tell: event => told.push(event),
    },
    canarySettings(options),
  )
  clock.every(1000, () => {
    if (!does.flush) return
    for (const batch of unflushed.splice(0)) past.append(batch)
    kept.flushedSeq = journal.lastSeq
  })
  const knock = async (event: Buffer): Promise<void> => {
    if (!does.door) throw new Error('nobody is at home')
    time.after(500, () => void pipeline.take(event, { channel: 'door', address: 'h' }))
  }
  canary.start(doors.map(name => ({ name, knock })))
  const stage = (name: StageName | 'door') => canary.report.stages.find(({ stage }) => stage === name)!
  return {
    asker,
    canary,
    does,
    engine,
    kept,
    latest,
    live,
    log,
    pipeline,
    said,
    told,
    stage,
    unflushed,
    time,
    failing: () => canary.report.stages.filter(({ state }) => state === 'failing').map(({ stage }) => stage),
    ready: () => readiness(pipeline, kept, canary),
    /** Lets time pass, and everybody do what falls due. */
    async pass(ms: number, step = 250): Promise<void> {
      for (let passed = 0; passed < ms; passed += step) {
        time.advance(Math.min(step, ms - passed))
        for (let i = 0; i < 3; i++) await new Promise(resolve => setImmediate(resolve))
      }
    },
    stand(ms: number): void {
      still += ms
    },
    /** The journal works again: what waits for it goes on. */
    release(): void {
      does.journal = true
      for (const resolve of waiting.splice(0)) resolve()
    },
  }
}

export const types = (told: EventInput[]) =>
  (told as { type: string; stage: string }[]).map(({ type, stage }) => `${type} ${stage}`)
