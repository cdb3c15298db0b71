import type { EngineState } from '@telltale/history'
import type { DeadManReport } from './dead-man.ts'
import { STAGES, type Stage, type StageName } from './stage.ts'

/** How a stage does. */
export interface StageReport {
  /** One of the four an event must come by, or the way in over which one was sent. */
  readonly stage: string
  /** `unknown` until the first came by. */
  readonly state: 'unknown' | 'well' | 'failing'
  /** Where it fails: since when, in ms since the epoch, and a sentence that says what does not come back. */
  readonly since?: number
  readonly message?: string
  /** ms one may take, the last one took, and the oldest that has not come by has been waited for. */
  readonly limit_ms: number
  readonly took_ms?: number
  readonly waiting_ms: number
  /** How many came by, and how many never will. */
  readonly back: number
  readonly lost: number
}

/** How the canary does. */
export interface CanaryReport {
  readonly well: boolean
  readonly every_ms: number
  readonly sent: number
  readonly stages: readonly StageReport[]
  /** Of the address outside; absent where there is none. */
  readonly webhook?: DeadManReport
}

/**
 * @param now the canary's own time
 * @param wall the clock's, ms since the epoch
 */
export function reportOf(stage: Stage, engine: EngineState, now: number, wall: number): StageReport {
  const { name, limit, took, back, lost, failingSince } = stage
  const failing = failingSince !== undefined && {
    since: Math.round(wall - (now - failingSince)),
    message: sentence(stage, engine, now),
  }
  return {
    stage: name,
    state: failing ? 'failing' : back > 0 ? 'well' : 'unknown',
    ...failing,
    limit_ms: limit,
    ...(took === undefined ? {} : { took_ms: Math.round(took * 1e3) / 1e3 }),
    waiting_ms: Math.round(stage.behind(now)),
    back,
    lost,
  }
}

/** What a person is told of a stage that fails: a clause. */
export function sentence(stage: Stage, engine: EngineState, now: number): string {
  const { name, fault, trouble } = stage
  if (fault !== undefined) return fault
  const why = trouble === undefined ? '' : `: ${trouble}`
  switch (name as StageName) {
    case 'journal':
      return `no event is acknowledged${why}`
    case 'live':
      return `events are journaled, but do not reach those who watch live${why}`
    case 'query':
      return `events are journaled, but questions do not find them${why}`
    case 'history': {
      const state = 'reason' in engine ? `: ${engine.reason}` : engine.kind === 'ready' ? why : `: it is ${engine.kind}`
      return `the history is ${roughly(stage.behind(now))} behind, new events are kept in the journal${state}`
    }
    default:
      return `events sent over ${name} do not come in${why}`
  }
}

/** So that what is said does not change with every second. */
function roughly(ms: number): string {
  const seconds = Math.round(ms / 1000)
  if (seconds < 10) return `${seconds} s`
  if (seconds < 120) return `${Math.floor(seconds / 10) * 10} s`
  return seconds < 7200 ? `${Math.floor(seconds / 60)} min` : `${Math.floor(seconds / 3600)} h`
}

/** Over which ways in no event comes, and since when. */
export function shut({ stages }: CanaryReport): string[] {
  const inner: readonly string[] = STAGES
  return said(stages.filter(({ stage }) => !inner.includes(stage)))
}

/** For who has no page: what fails, and since when. */
export function failures({ stages }: CanaryReport, ...names: readonly StageName[]): string[] {
  return said(stages.filter(({ stage }) => names.includes(stage as StageName)))
}

function said(stages: readonly StageReport[]): string[] {
  return stages
    .filter(({ state }) => state === 'failing')
    .map(({ since, message }) => `since ${new Date(since!).toISOString()} ${message}`)
}
