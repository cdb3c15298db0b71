import { setImmediate as immediate } from 'node:timers/promises'
import { type Clock, wallClock } from '@telltale/event'
import { began, beganThen, ended } from './announce.ts'
import type { Incident } from './incidents/incident.ts'
import { incidents as every } from './incidents/index.ts'
import { Leak } from './leak.ts'
import { links } from './links/links.ts'
import { SHORT_CALM, USUAL_CALM } from './schedule.ts'
import { STEP } from './shop/moment.ts'
import { type Chapter, story } from './story.ts'

export interface DemoOptions {
  /** Where Telltale is. Default 127.0.0.1. */
  host?: string
  /** Its HTTP port; UDP is the next one, TCP the one after. Default 7575. */
  port?: number
  token?: string
  /** The same seed and start give the same events. Default 1. */
  seed?: number
  /** Events per second, averaged over a day. Default 40. */
  rate?: number
  /** How fast the story's time passes after the backfill. Above 1 it begins in the past, to catch up with now and go on with it. Default 1. */
  speed?: number
  /** When the story begins, in ms since the epoch. Default: so that it is live (after the backfill, if any). */
  start?: number
  /** How much of the story is told, in ms of its own time. Default: no end. */
  duration?: number
  /** How much of it is past already and told at once, in ms. Default: with a start and no speed, all that is past; else 0. */
  backfill?: number
  /** Which incidents happen, in turn; none for a calm shop. Default all. */
  incidents?: readonly Incident[]
  /** UDP sockets the socket leak may really open. Default 800. */
  sockets?: number
  /** Takes each event as a line of JSON, instead of Telltale. Resolves once it has room for more. */
  print?: (line: string) => void | Promise<void>
  /** Takes what there is to tell about the demo itself. */
  say?: (line: string) => void
  clock?: Clock
}

export interface Demo {
  /** Resolves when the story is told, or {@link Demo.stop} was called, and everything is sent and closed. */
  run(): Promise<void>
  stop(): void
}

const HOUR = 3_600_000
/** ms of a story told at once after which others get a turn. */
const BREATH = 60_000
/** ms between looks at the clock. */
const PACE = 50

/** A small shop in production, with incidents, telling Telltale all about it. */
export function demo(options: DemoOptions = {}): Demo {
  const { speed = 1, duration = Number.POSITIVE_INFINITY, say = () => {}, clock = wallClock, print } = options
  const { host = '127.0.0.1', port = 7575, token } = options
  const begun = clock.now()
  const wanted = options.start ?? begun - (options.backfill ?? 0) - headStart(speed, duration)
  const start = Math.floor(wanted / STEP) * STEP
  const backfill = options.backfill ?? (options.start !== undefined && speed === 1 ? Math.max(0, begun - start) : 0)
  const end = start + duration
  const tale = story({
    seed: options.seed ?? 1,
    rate: options.rate ?? 40,
    start,
    incidents: options.incidents ?? every,
    calm: options.incidents === undefined ? USUAL_CALM : SHORT_CALM,
  })
  const stopping = new AbortController()

  /** How far the story may be told by now. It does not tell the future, unless it was asked to begin there. */
  function horizon(): number {
    const now = clock.now()
    const reached = start + backfill + (now - begun) * speed
    return Math.min(end, start > begun ? reached : Math.min(reached, now))
  }

  function announce(chapter: Chapter, past: boolean): void {
    if (chapter.ended) say(ended(chapter.ended, tale.time - STEP))
    if (chapter.began) say((past ? beganThen : began)(chapter.began, tale.time - STEP))
  }

  return {
    async run() {
      const ways = print === undefined ? links({ host, port, token, say }) : undefined
      const leak = new Leak(print === undefined ? (options.sockets ?? 800) : 0)
      // The clock's timers do not keep a process alive; the demo does.
      const alive = setInterval(() => {}, HOUR)
      try {
        while (!stopping.signal.aborted && tale.time < end) {
          while (!stopping.signal.aborted && tale.time + STEP <= horizon()) {
            const past = tale.time < start + backfill
            const chapter = tale.step()
            announce(chapter, past)
            for (const event of chapter.events) {
              if (ways === undefined) await print!(JSON.stringify(event))
              else if (past) await ways.past(event)
              else ways.live(event)
            }
            if (!past) await leak.hold(chapter.conditions.leak)
            if (tale.time % BREATH === 0) await immediate()
          }
          if (tale.time + STEP > end) break
          await pause(clock, stopping.signal)
        }
      } finally {
        clearInterval(alive)
        leak.close()
        await ways?.close()
        if (ways !== undefined && ways.lost > 0) say(`${ways.lost} events were lost on the way`)
      }
    },
    stop: () => stopping.abort(),
  }
}

/** How long before now a story must begin that is told faster than it happens: long enough to be told, up to now. */
function headStart(speed: number, duration: number): number {
  if (speed <= 1) return 0
  return Number.isFinite(duration) ? duration * (1 - 1 / speed) : HOUR
}

async function pause(clock: Clock, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  await new Promise<void>(resolve => {
    const cancel = clock.after(PACE, wake)
    signal.addEventListener('abort', wake, { once: true })
    function wake(): void {
      cancel()
      signal.removeEventListener('abort', wake)
      resolve()
    }
  })
}
