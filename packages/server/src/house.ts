import { hostname as machine } from 'node:os'
import { join } from 'node:path'
import { type Channel, health, host as hostProbe, tcp, udp } from '@telltale/channels'
import { type Clock, type EventInput, wallClock } from '@telltale/event'
import { type History, type HistoryOptions, history, type JournalOptions } from '@telltale/history'
import { Pipeline, type Stages } from '@telltale/pipeline'
import { type Recent, type RecentOptions, recent } from '@telltale/recent'
import { root as web } from '@telltale/web'
import { Asker, type AskLimits } from './ask.ts'
import { guard, type Tokens } from './auth.ts'
import { Canary } from './canary/canary.ts'
import { type Door, doorAt } from './canary/knock.ts'
import { type CanaryOptions, canarySettings } from './canary/options.ts'
import { readiness } from './canary/readiness.ts'
import type { Context } from './context.ts'
import { listenError } from './listen-error.ts'
import { Live } from './live.ts'
import { divide, exceeded, relieve, said } from './memory.ts'
import { Opened } from './opened.ts'
import { begin, refill } from './refill.ts'
import { server } from './server.ts'
import { settings } from './settings.ts'
import { StandingHost, type StandingHostOptions } from './standing-host.ts'
import { type WatchdogOptions, watchdog } from './watchdog.ts'

type HistorySettings = Partial<Pick<HistoryOptions, 'path' | 'keep' | 'memory'>>
type JournalSettings = Pick<JournalOptions, 'sync' | 'segmentBytes' | 'sealAfter' | 'maxBytes'>
type StandingSettings = Pick<
  StandingHostOptions,
  'maxKeys' | 'linger' | 'maxLingering' | 'every' | 'maxQuery' | 'maxSnapshot'
>

/** Where sizes and times may be written as text, `1MB` and `5s`. */
type Written<T, K extends keyof T> = Omit<T, K> & { [key in K]?: number | string }

/** Everything a user may decide. */
export interface HouseOptions extends Stages {
  /** Default 127.0.0.1. Anything that can be reached from elsewhere needs an admin token. */
  host?: string
  /** HTTP; UDP and TCP follow at +1 and +2. 0 takes free ones. Default 7575. */
  port?: number
  /** The folder where everything is kept. Default `history.path`, else ./telltale-data */
  data?: string
  tokens?: Tokens
  /** Bytes, or a size such as 2GB, that all may take together, the history's engine included. Default half of what there is, at most 2 GB. */
  memory?: number | string
  /** How much the ring holds. */
  latest?: Pick<RecentOptions, 'events' | 'age' | 'memory'>
  history?: Written<HistorySettings, 'memory'>
  journal?: Written<JournalSettings, 'segmentBytes' | 'sealAfter' | 'maxBytes'>
  /** How much is kept of queries that stand, and how often that is saved. */
  standing?: Written<StandingSettings, 'linger' | 'every' | 'maxQuery' | 'maxSnapshot'>
  /** What one answer may cost. */
  queries?: Written<Partial<AskLimits>, 'ms'>
  /** The event that goes all the way every few seconds; false sends none. */
  canary?: CanaryOptions | false
  /** Ends a process whose main thread hangs; false lets it hang. */
  watchdog?: WatchdogOptions | false
  /** Further ways in. */
  channels?: readonly Channel[]
  clock?: Clock
  log?: (message: string) => void
  /** Aborted where it is not to start after all: what is open already is closed, and it rejects. */
  signal?: AbortSignal
}

/** What was decided: sizes in bytes, times in ms. */
export interface Settled extends Omit<HouseOptions, 'history' | 'journal' | 'standing' | 'queries'> {
  history?: HistorySettings
  journal?: JournalSettings
  standing?: StandingSettings
  queries?: Partial<AskLimits>
}

/** A running Telltale. */
export interface House {
  /** Where the browser should go. */
  readonly url: string
  /** Replaces the pipeline's stages at once; throws and changes nothing where they cannot be understood. */
  configure(stages: Stages): void
  /** Puts an event of Telltale's own making among the others. */
  tell(event: EventInput): void
  /** Answers what was taken, takes no more, flushes, and ends; within bounds, whatever is stuck. Never rejects. */
  stop(): Promise<void>
}

/** Puts the parts together: the only place where their names meet. */
export async function openHouse({
  clock = wallClock,
  log = () => {},
  signal,
  ...written
}: HouseOptions = {}): Promise<House> {
  const options = settings(written)
  const { host = '127.0.0.1', port = 7575, tokens = {} } = options
  const { data = options.history?.path ?? './telltale-data' } = options
  const memory = divide(options)
  const { keep } = options.history ?? {}
  const kept = history({
    path: data,
    clock,
    log,
    ...(keep === undefined ? {} : { keep }),
    memory: memory.history,
    journal: { maxWaiting: memory.journal, ...options.journal },
    onDamaged: ({ segment, events }) => tell({ type: 'telltale_segment_damaged', tags: ['telltale'], segment, events }),
    onSetAside: ({ part, rows, read }) =>
      tell({
        type: 'telltale_part_set_aside',
        tags: ['telltale'],
        part,
        events: rows,
        saved: read,
        missing: rows - read,
      }),
    onEngine: ({ kind, reason, ...more }) =>
      say(() => pipeline.trouble(`telltale_engine_${kind}`, kind, { message: reason, ...more })),
  })
  const latest = recent({ ...options.latest, memory: memory.latest, clock })
  const pipeline = new Pipeline({
    ...options,
    journal: kept.journal,
    clock,
    hostname: machine(),
    maxPending: memory.pending,
    log,
  })
  const asker = new Asker(latest, kept, options.queries)
  const file = join(data, 'standing', 'snapshot.jsonl')
  const stands = new StandingHost({ ...options.standing, asker, recent: latest, clock, log, file })
  const live = new Live({ host: stands, asker, recent: latest, clock, maxUnread: memory.unread })
  const hostname = machine()
  /** What is to be said while nobody inside listens yet: the ring would never have it. Undefined once they do. */
  let early: (() => void)[] | undefined = []
  const say = (call: () => void): void => {
    if (early === undefined) call()
    else if (early.length < MOST_EARLY) early.push(call)
  }
  const tell = (event: EventInput): void =>
    say(() => void pipeline.add([event], { channel: 'telltale', address: hostname }))
  const canary =
    options.canary === false
      ? undefined
      : new Canary(
          { intake: pipeline, live, asker, history: kept, clock, hostname, log, tell },
          canarySettings(options.canary ?? {}),
        )
  const opened = new Opened(log)
  let hole = 0
  /** The newest of what the history does not hold yet is in the ring before anybody asks. */
  const remember = async (): Promise<void> => {
    await kept.start(signal)
    opened.push('handing over to the history', () => kept.stop(), HAND_OVER)
    await stands.open(kept)
    opened.push('saving what stands', () => stands.stop())
    signal?.throwIfAborted()
    hole = await begin(latest, kept, signal)
    kept.onFlushed(seq => latest.settle(seq))
  }
  try {
    if (options.watchdog !== false) opened.push('the watchdog', watchdog(options.watchdog))
    const allowed = guard(tokens)
    const context: Context = {
      clock,
      pipeline,
      recent: latest,
      history: kept,
      asker,
      allowed,
      canary,
      ready: () => {
        const { reasons, warnings } = readiness(pipeline, kept, canary)
        return { reasons, warnings: [...warnings, ...exceeded(memory)] }
      },
      memory,
      maxBody: 16 * MIB,
    }
    const [app] = await both(server(context, live, { host, port, tokens, web, bodies: memory.bodies }), remember())
    signal?.throwIfAborted()
    pipeline.broadcast.consume(batch => latest.append(batch))
    pipeline.broadcast.listen('standing', batch => stands.batch(batch), {
      mailbox: 1_000_000,
      bytes: memory.mailboxes,
      stuck: Number.POSITIVE_INFINITY,
    })
    pipeline.broadcast.listen('live', batch => live.batch(batch), {
      bytes: memory.mailboxes,
      stuck: Number.POSITIVE_INFINITY,
    })
    const calls = early
    early = undefined
    for (const call of calls) call()
    opened.push('the pipeline', () => pipeline.stop())
    const url = await app.listen({ host, port }).catch(error => {
      throw listenError(error, host, port)
    })
    opened.push('HTTP', async () => {
      live.stop()
      await app.close()
    })
    const enough = new AbortController()
    const filling = refill(latest, kept, asker, hole, enough.signal, log).catch(error =>
      log(`the ring is not refilled: ${String(error)}`),
    )
    opened.push('filling the ring', () => {
      enough.abort()
      return filling
    })
    log(said(memory))
    const relieving = clock.every(RELIEVE, () => relieve(memory))
    opened.push('looking at the memory', async () => relieving())
    const first = Number(new URL(url).port)
    const started = clock.now()
    const channels: Channel[] = [
      udp({ host, port: port === 0 ? 0 : first + 1 }),
      tcp({ host, port: port === 0 ? 0 : first + 2 }),
      hostProbe({}),
      health({ more: () => numbers(pipeline, latest, kept, clock.now() - started) }),
      ...(options.channels ?? []),
    ]
    for (const channel of channels) {
      signal?.throwIfAborted()
      await channel.start({ intake: pipeline, clock, log })
      opened.push(channel.name, () => channel.stop())
      if (channel.address?.includes('://')) log(`${channel.name} at ${channel.address}`)
    }
    signal?.throwIfAborted()
    canary?.start(doors(url, channels, tokens))
    opened.push('the canary', async () => canary?.stop())
    tell({
      type: 'telltale_started',
      tags: ['telltale'],
      url,
      ring_events: latest.stats().events,
      memory: { ...memory },
    })
    return { url, configure: stages => pipeline.configure(stages), tell, stop: () => opened.close() }
  } catch (error) {
    await opened.close()
    throw error
  }
}

/** The ways in that the canary tries. HTTP and WebSocket only where it may. */
function doors(url: string, channels: readonly Channel[], { send, admin, read }: Tokens): Door[] {
  const token = send?.[0] ?? admin
  const open = token === undefined && !read?.length
  const web = [
    { name: 'http', address: `${url}/v1/events` },
    { name: 'websocket', address: `${url.replace(/^http/, 'ws')}/v1/send` },
  ]
  return [...(open || token !== undefined ? web : []), ...channels].flatMap(
    ({ name, address = '' }) => doorAt(name, address, token) ?? [],
  )
}

const MIB = 1024 * 1024
/** So much is said of a start, at most. */
const MOST_EARLY = 1000
/** ms between two looks at how much memory is used. */
const RELIEVE = 5000
/** How long a stop waits for the history to take what the journal has, in ms. The next start goes on with the rest. */
const HAND_OVER = 20_000

/** Both at the same time; rejects only once both have ended, so that what was opened can be closed. */
async function both<A, B>(a: Promise<A>, b: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([a, b])
  return Promise.all([a, b])
}

/** Telltale's own numbers, for its health event. */
function numbers(pipeline: Pipeline, latest: Recent, kept: History, ms: number): Record<string, number> {
  const { events, bytes, evicted } = latest.stats()
  const { waiting, waitingBytes, flushedSeq, refused, detached, missing, lost, stuck } = kept.status
  let accepted = 0
  let rejected = 0
  let dropped = 0
  for (const counts of pipeline.channels.values()) {
    accepted += counts.accepted
    rejected += counts.rejected
    dropped += counts.dropped
  }
  return {
    uptime_s: Math.round(ms / 1000),
    events_accepted: accepted,
    events_rejected: rejected,
    events_dropped: dropped,
    ring_events: events,
    ring_bytes: bytes,
    ring_evicted: evicted,
    journal_waiting_events: waiting,
    journal_waiting_bytes: waitingBytes,
    history_seq: flushedSeq,
    history_refused: refused,
    history_parts_damaged: detached.length,
    history_missing: missing,
    history_lost: lost,
    history_stuck: stuck === undefined ? 0 : 1,
  }
}
