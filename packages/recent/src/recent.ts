import { hostname } from 'node:os'
import { type Batch, type Clock, type Event, scan, type Taken, wallClock } from '@telltale/event'
import {
  check,
  finishing,
  type Outer,
  type Partial,
  parse,
  type Query,
  type QueryError,
  type Result,
  rangeOf,
  run,
  type Scope,
  type Steps,
} from '@telltale/query'
import { MAX_ROWS } from './chunk.ts'
import { evaluation } from './evaluation.ts'
import { refill } from './refill.ts'
import { Remembered } from './remembered.ts'
import { type Caps, type Coverage, Ring } from './ring.ts'
import { readAge, readBytes } from './size.ts'
import { type RunOptions, Slices, type SlicesOptions } from './slices.ts'

export interface RecentOptions {
  /** How many events to hold at most. Default a million. */
  events?: number
  /** How long after they were received events are held: ms, or a duration such as `24h`. Default: as long as there is room. */
  age?: number | string
  /** How much memory to hold at most: bytes, or a size such as `512MB`. Default 512 MB. */
  memory?: number | string
  /** Default the machine's own. */
  clock?: Clock
  /** Memory, within `memory`, for what queries found in chunks that no longer change, so that asking again is cheap. Default a sixteenth; 0 remembers nothing. */
  remember?: number | string
  /** Rows to a chunk, the unit of sealing and eviction. Default 32768, at most 65536. */
  chunk?: number
  /** How queries that are asked with `ask` share the event loop with everything else. */
  slices?: SlicesOptions
}

/** What a query may be asked with, beside itself. */
export interface QueryOptions extends Outer {
  /** At most so many rows, also where the query itself says more. */
  readonly limit?: number
  /** What `last 24h` ends at, in ms. Default the clock's time. */
  readonly now?: number
}

export interface AskOptions extends QueryOptions, RunOptions {}

export interface RecentStats {
  readonly events: number
  readonly bytes: number
  readonly chunks: number
  /** Times in ms and seqs of what is held; undefined while nothing is. */
  readonly oldest: { readonly time: number; readonly seq: number } | undefined
  readonly newest: { readonly time: number; readonly seq: number } | undefined
  /** Events evicted so far. */
  readonly evicted: number
}

/** A query's text that is no query. Its `error` says where, what was found and what was expected. */
export class BadQuery extends Error {
  override readonly name = 'BadQuery'
  readonly error: QueryError

  constructor(error: QueryError) {
    super(error.message)
    this.error = error
  }
}

/** The latest events, held in memory as columns, and what can be asked of them. */
export interface Recent {
  /**
   * Takes whole events: NDJSON, a JSON array or one JSON value. They are believed (`received_at`), so this is for who
   * uses the ring alone; in Telltale it is fed with journaled batches.
   */
  add(bytes: Uint8Array | string): Taken
  /**
   * Takes older events, rising in seq and ending just below the lowest held, while new ones go on coming.
   * @returns whether there was room for them
   */
  refill(batches: AsyncIterable<Batch>): Promise<boolean>
  /** Takes a batch, which must not change any more. Seqs must rise from batch to batch. */
  append(batch: Batch): void
  /**
   * Answers over the events held now, while others go on coming and going: in slices, so that nobody waits for long.
   * Throws {@link BadQuery} where a text is no query; whoever passes on a user's text should `parse` it first. Rejects
   * with `TooMuch` where it costs too much, and with `TooMany` where too many are asked at once.
   */
  ask(query: string | Query, options?: AskOptions): Promise<Result>
  /** As {@link ask}, at once: for scripts, which have nothing else to do meanwhile. */
  query(query: string | Query, options?: QueryOptions): Result
  /** What the ring has to say to a query (that has passed `check`) about the events in a scope; to be merged with what others have. It is remembered and shared: nobody may change it. */
  partial(query: Query, scope: Scope): Partial
  /** As {@link partial}, in steps, for {@link slices} to run: about the events held now, whenever the steps are run. */
  steps(query: Query, scope: Scope): Steps<Partial>
  /** Where queries take turns. */
  readonly slices: Slices
  /** Matching events, newest first; without a query the latest of all. */
  events(query?: string | Query, options?: QueryOptions): Event[]
  stats(): RecentStats
  coverage(): Coverage
  /**
   * Says up to which seq the events are safe elsewhere. From the first call on, what is above stays beyond the caps on
   * events and age, until the cap on memory.
   */
  settle(seq: number): void
  /** What it holds at most. */
  readonly caps: Caps
}

/**
 * The latest events in memory: as many as `events`, `age` and `memory` allow.
 *
 *     const latest = recent({ events: 1e6 })
 *     latest.add(bytes)
 *     latest.query('type = 404 | count() by url')
 */
export function recent(options: RecentOptions = {}): Recent {
  const {
    events = 1e6,
    age = Number.POSITIVE_INFINITY,
    memory = 512e6,
    clock = wallClock,
    chunk = 32_768,
    remember: given,
  } = options
  if (!(events >= 1)) throw new RangeError(`events must be at least 1, found ${events}`)
  if (!(chunk >= 1 && chunk <= MAX_ROWS)) throw new RangeError(`chunk must be 1 to ${MAX_ROWS} rows, found ${chunk}`)
  const bytes = readBytes(memory)
  const remembered = new Remembered(given === 0 ? 0 : readBytes(given ?? bytes / 16))
  if (remembered.room >= bytes) throw new RangeError(`remember must be less than memory, found ${given} of ${memory}`)
  const ring = new Ring({ events, age: readAge(age), bytes: bytes - remembered.room, chunk })
  const host = hostname()
  const slices = new Slices(options.slices)

  function steps(query: Query, scope: Scope): Steps<Partial> {
    ring.evict(clock.now())
    return evaluation(
      ring.chunks.map(chunk => chunk.view()),
      query,
      scope,
      remembered,
    )
  }
  const partial = (query: Query, scope: Scope): Partial => run(steps(query, scope))
  /** The steps of an answer. What is held is looked at now. */
  function answering(given: string | Query, { limit, now = clock.now(), ...outer }: QueryOptions): Steps<Result> {
    const query = withLimit(read(given), limit)
    const scope = rangeOf(query, outer, now)
    return answer(query, steps(query, scope), scope)
  }

  return {
    add(bytes) {
      const receivedAt = clock.now()
      const { batch, accepted, refused, problems } = scan(typeof bytes === 'string' ? Buffer.from(bytes) : bytes, {
        hostname: host,
        receivedAt,
        trusted: true,
      })
      ring.append(batch, receivedAt)
      return { accepted, refused, problems }
    },
    append: batch => ring.append(batch, clock.now()),
    refill: batches => refill(ring, batches, () => clock.now()),
    ask: async (given, { signal, limits, ...options } = {}) =>
      slices.run(answering(given, options), {
        ...(signal === undefined ? {} : { signal }),
        ...(limits === undefined ? {} : { limits }),
      }),
    query: (given, options = {}) => run(answering(given, options)),
    partial,
    steps,
    slices,
    events(given = '', { limit = 100, now = clock.now(), ...outer } = {}) {
      const query = withLimit(eventsOf(read(given)), limit)
      const found = partial(query, rangeOf(query, outer, now))
      return found.kind === 'events' ? [...found.events] : []
    },
    stats() {
      ring.evict(clock.now())
      const { oldest, newest, chunks, evicted } = ring
      return {
        events: ring.events,
        bytes: ring.byteLength + remembered.byteLength,
        chunks: chunks.length,
        oldest,
        newest,
        evicted,
      }
    },
    coverage() {
      ring.evict(clock.now())
      return ring.coverage
    },
    settle(seq) {
      ring.settle(seq)
      ring.evict(clock.now())
    },
    caps: { ...ring.caps, bytes },
  }
}

function* answer(query: Query, steps: Steps<Partial>, scope: Scope): Steps<Result> {
  return yield* finishing(query, yield* steps, scope)
}

function read(given: string | Query): Query {
  if (typeof given !== 'string') {
    const error = check(given)
    if (error !== undefined) throw new BadQuery(error)
    return given
  }
  const { query, error } = parse(given)
  if (error !== undefined) throw new BadQuery(error)
  return query
}

function withLimit(query: Query, limit = Number.POSITIVE_INFINITY): Query {
  return limit < (query.limit ?? Number.POSITIVE_INFINITY) ? { ...query, limit } : query
}

/** The query for the events behind a query's numbers. */
function eventsOf({ kind, range, filter, set, aggregates, where, sort }: Query): Query {
  const events = { kind, ...(range && { range }), ...(filter && { filter }), set, aggregates: [], by: [] }
  return aggregates.length > 0 ? { ...events, sort: [] } : { ...events, ...(where && { where }), sort }
}
