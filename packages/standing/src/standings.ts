import { type Batch, type Clock, wallClock } from '@telltale/event'
import { parse, plan, type Query, type QueryError } from '@telltale/query'
import { BatchRows } from '@telltale/query/batch'
import { type CanStandOptions, canStand } from './can-stand.ts'
import { type Changed, changed, type Follow } from './changed.ts'
import { Filters } from './filters.ts'
import { ALL, Horizon } from './horizon.ts'
import { Machine, type MachineOptions } from './machine.ts'
import type { Saved, SavedMachine, SavedQuery } from './saved.ts'
import { Sources } from './sources.ts'
import { Standing } from './standing.ts'

export interface StandingsOptions {
  /** Default the machine's own. */
  clock?: Clock
  /** At most so many keys a query; beyond, those unused longest are evicted and counted. Default 10,000. */
  maxKeys?: number
  /** What a query's keys may weigh together, in bytes. Default 64 MiB. */
  memory?: number
  /** How far ahead of the clock an event's time may be to count in a moving window, in ms. Default 5 minutes. */
  ahead?: number
  /** How often windows are moved on while no batch comes, in ms. Default 250. */
  tick?: number
  /** At most so many queries, watches and machines. Default 10,000. */
  max?: number
}

export interface StandOptions extends CanStandOptions {
  /** Count only events above this seq: what {@link Standing.hydrate} will add is at or below. Default: all that come. */
  readonly after?: number
}

/**
 * Queries left standing: each batch updates all of them at once, and they share what work they can.
 *
 *     const rules = standing()
 *     const timeouts = rules.stand('timeouts', 'type = timeout | count() by hostname over 1m')
 *     rules.update(batch)
 *     timeouts.result()
 */
export function standing(options: StandingsOptions = {}): Standings {
  return new Standings(options)
}

/** What is shared is forgotten after so many have ended. */
const STOPS = 1000

export class Standings {
  readonly #options: Required<StandingsOptions>
  readonly #rows: BatchRows = new BatchRows()
  readonly #sources: Sources = new Sources(this.#rows)
  readonly #filters: Filters = new Filters(this.#rows, this.#sources.texts)
  readonly #queries: Map<string, Standing> = new Map()
  // biome-ignore lint/suspicious/noExplicitAny: what a machine's states are is between it and whoever made it.
  readonly #machines: Map<string, Machine<any, any>> = new Map()
  readonly #stopTicking: () => void
  /** What was restored and nobody has asked for yet, by name. */
  readonly #savedQueries: Map<string, SavedQuery> = new Map()
  readonly #savedMachines: Map<string, SavedMachine> = new Map()
  /** Whose seqs are counted. */
  #collector: string | undefined
  #stops = 0

  constructor(options: StandingsOptions) {
    this.#options = {
      clock: wallClock,
      maxKeys: 10_000,
      memory: 64 << 20,
      ahead: 300_000,
      tick: 250,
      max: 10_000,
      ...options,
    }
    this.#stopTicking = this.#options.clock.every(this.#options.tick, () => this.#tick())
  }

  /** Everything up to this seq has been seen. 0 before the first journaled batch. */
  get seq(): number {
    return this.#sources.seen
  }

  /** How much stands, and how many distinct filters that takes; of those `indexed` cost nothing where nothing matches. */
  get stats(): { queries: number; machines: number; filters: number; indexed: number } {
    return { queries: this.#queries.size, machines: this.#machines.size, ...this.#filters.size }
  }

  /** How often a filter was run over rows of a batch, so far. */
  get filterRuns(): number {
    return this.#filters.runs
  }

  /**
   * Leaves a query standing. One of this name that asks the very same goes on; another is replaced.
   * @returns why it cannot stand, and what to add, where it cannot
   */
  stand(name: string, given: string | Query, options: StandOptions = {}): Standing | QueryError {
    const { query, error } = typeof given === 'string' ? parse(given) : { query: given, error: undefined }
    if (error !== undefined) return error
    const { maxKeys, memory } = this.#options
    const cost = canStand(query, { maxKeys, memory, ...options })
    if ('message' in cost) return cost
    const span = query.range ?? options.span ?? ALL
    const known = this.#queries.get(name)
    if (known !== undefined && same(known.query, query) && same(known.horizon.span, span)) return known
    known?.stop()
    const full = this.#full()
    if (full !== undefined) return full
    const { condition } = plan(query)
    const one: Standing = new Standing({
      name,
      query,
      horizon: new Horizon(query, span),
      sources: this.#sources,
      maxKeys: cost.keys,
      memory: options.memory ?? memory,
      ahead: this.#options.ahead,
      after: options.after ?? 0,
      now: () => this.#sources.now ?? this.#options.clock.now(),
      stop: () => {
        this.#filters.remove(condition, one)
        if (this.#queries.get(name) === one) this.#queries.delete(name)
        this.#stopped()
      },
    })
    this.#queries.set(name, one)
    this.#filters.add(condition, one)
    const saved = this.#savedQueries.get(name)
    this.#savedQueries.delete(name)
    if (saved !== undefined && same(saved.query, query) && same(saved.span, span)) one.restore(saved)
    return one
  }

  /** The query that stands under a name. */
  get(name: string): Standing | undefined {
    return this.#queries.get(name)
  }

  /**
   * Follows each key through states: `step` says what state an event leads to, and what is to be told of that; it must
   * decide only, and act nowhere. Like {@link stand} it goes on where one of this name follows the same.
   */
  machine<S, T>(name: string, options: MachineOptions<S, T>): Machine<S, T> | QueryError {
    const machine = Machine.of(name, options, this.#sources, this.#options.maxKeys, () => this.#options.clock.now())
    return 'message' in machine ? machine : this.#start(name, machine)
  }

  /** Tells when the value of a field changes, key by key: a service going from ok to critical. */
  changed(name: string, follow: Follow): Machine<Changed['to'], Changed> | QueryError {
    const machine = changed(name, follow, this.#sources, this.#options.maxKeys)
    return 'message' in machine ? machine : this.#start(name, machine)
  }

  /** Updates everything. Batches, and rows, whose seq has been seen are ignored. */
  update(batch: Batch): void {
    const sources = this.#sources
    if (batch.seq > 0 && batch.collector !== this.#collector) this.#follow(batch.collector)
    const last = batch.seq + batch.length - 1
    if (batch.length === 0 || (batch.seq > 0 && last <= sources.seen)) return
    if (batch.seq > sources.seen + 1) this.#missed(batch.seq)
    sources.now = this.#options.clock.now()
    try {
      this.#rows.turn(batch)
      this.#filters.run()
    } finally {
      sources.now = undefined
    }
    if (batch.seq > 0) sources.seen = last
    this.#tell()
  }

  /** All that stands, as plain JSON data. */
  save(): Saved {
    return {
      version: 1,
      seq: this.seq,
      collector: this.#collector ?? '',
      queries: Array.from(this.#queries.values(), one => one.save()),
      machines: Array.from(this.#machines.values(), one => one.save()),
    }
  }

  /**
   * Takes what was saved, before anything stands or comes: queries and machines begin with what they held when the very
   * same is stood up under their name. Batches are to be given from the saved seq on; earlier ones are ignored.
   */
  restore(saved: Saved): void {
    this.#savedQueries.clear()
    this.#savedMachines.clear()
    for (const one of saved.queries) this.#savedQueries.set(one.name, one)
    for (const one of saved.machines) this.#savedMachines.set(one.name, one)
    this.#sources.seen = saved.seq
    if (saved.seq > 0) this.#collector = saved.collector
  }

  /** Ends its timer. */
  stop(): void {
    this.#stopTicking()
  }

  #start<S, T>(name: string, machine: Machine<S, T>): Machine<S, T> | QueryError {
    const known = this.#machines.get(name)
    if (known?.of === machine.of) {
      known.step = machine.step
      return known
    }
    known?.stop()
    const full = this.#full()
    if (full !== undefined) return full
    machine.stop = () => {
      this.#filters.remove(machine.condition, machine)
      if (this.#machines.get(name) === machine) this.#machines.delete(name)
      this.#stopped()
    }
    this.#machines.set(name, machine)
    this.#filters.add(machine.condition, machine)
    const saved = this.#savedMachines.get(name)
    this.#savedMachines.delete(name)
    if (saved?.of === machine.of) machine.restore(saved)
    return machine
  }

  /** Now and then lets go of what only those shared that stand no more. */
  #stopped(): void {
    if (++this.#stops % STOPS === 0) this.#sources.clear()
  }

  #full(): QueryError | undefined {
    if (this.#queries.size + this.#machines.size < this.#options.max) return undefined
    return { message: `${this.#options.max} queries stand already`, position: 0, hint: 'stop one, or allow more' }
  }

  /** Another collector's seqs (a new data folder) say nothing of what has been seen. */
  #follow(collector: string): void {
    if (this.#collector !== undefined) {
      this.#sources.seen = 0
      for (const one of this.#queries.values()) one.after = 0
      for (const one of this.#machines.values()) one.after = 0
    }
    this.#collector = collector
  }

  /** Tells those who have counted up to some seq what is missing before this one. */
  #missed(seq: number): void {
    for (const one of this.#queries.values()) {
      const last = Math.max(this.#sources.seen, one.after)
      if (last > 0 && seq > last + 1) one.miss(seq - last - 1)
    }
  }

  #tick(): void {
    for (const one of this.#queries.values()) one.sweep()
    this.#tell()
  }

  #tell(): void {
    for (const one of this.#sources.touched.splice(0)) one.tell()
  }
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
