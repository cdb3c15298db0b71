import type { Clock } from '@telltale/event'
import { print, type Query, run } from '@telltale/query'
import { Slices } from '@telltale/recent'
import type { Standing } from '@telltale/standing'
import { rowsText } from './answer-text.ts'
import { type Answer, type Asker, DAMAGED } from './ask.ts'
import { type Made, made, rounded, type Timed, timed } from './made.ts'
import { type Asked, cutCoverage, readQuestion } from './question.ts'
import { type Refusal, refusal } from './refuse.ts'
import { spanOf } from './span.ts'
import type { Past, StandingHost } from './standing-host.ts'

export interface LiveAnswersOptions {
  host: StandingHost
  asker: Asker
  clock: Clock
  /** An answer is sent at most this often, in ms; one that takes long less often, so that it costs at most 1/20 of the time. */
  every: number
}

/** Where the answers to one subscription go. */
export interface Viewer {
  /** Takes an answer that is not the same as the last; its rows are here as JSON too. */
  show(answer: Answer, rows: string): void
  /** Takes why there is none. */
  refuse(refusal: Refusal): void
  /** Whether it has more unread than is good for it. */
  readonly full: boolean
}

/** A query that someone looks at, whoever else does. */
interface Board {
  readonly key: string
  readonly asked: Asked
  cut: boolean
  /** What each was shown last: its rows, and whether they are all. */
  readonly viewers: Map<Viewer, string>
  /** Absent while its past is not known, and where it cannot stand. */
  standing: Standing | undefined
  past: Past
  /** Lets go of what stands. */
  release: () => void
  /** When it may be shown next, by the clock's elapsed time. */
  due: number
  /** ms that showing it took last. */
  cost: number
  /** When its past may be asked for again, likewise: that too costs at most 1/20 of the time. */
  pastDue: number
  /** Its answer is being made; whether it changed meanwhile. */
  making: boolean
  changed: boolean
  /** What it waits for: each ends that. */
  readonly waits: { show?: () => void; begin?: () => void }
}

/** Queries asked again where they cannot stand are asked at most this often, in ms. */
const ASK_AGAIN = 1000
/** What failed, or was not whole, is begun anew after this, in ms. */
const BEGIN_AGAIN = 10_000
/** Likewise what lacks events that a disk damaged. */
const SELDOM = 600_000
/** Answers of so many rows are made at one go; of more, in slices, one after the other. */
const FEW = 500
/** How long slices may hold the event loop, in ms. */
const SLICE = 2

/**
 * Answers that stay true: each query someone looks at stands, and is shown anew when it changes. What cannot stand, or
 * has more keys than are kept, is asked again and again.
 */
export class LiveAnswers {
  readonly #options: LiveAnswersOptions
  readonly #boards: Map<string, Board> = new Map()
  readonly #slices: Slices = new Slices({ slice: SLICE, atOnce: 1, waiting: Number.MAX_SAFE_INTEGER, timeout: 1e9 })

  constructor(options: LiveAnswersOptions) {
    this.#options = options
  }

  /** How many different queries are looked at, and how many of them stand. */
  get stats(): { queries: number; standing: number } {
    return { queries: this.#boards.size, standing: this.#options.host.size }
  }

  /** Lets someone look at an aggregate query. @returns how to look away */
  join(asked: Asked, query: Query, viewer: Viewer): () => void {
    const key = JSON.stringify([print(query), asked.from ?? null, asked.to ?? null])
    let board = this.#boards.get(key)
    if (board === undefined) {
      const past: Board['past'] = { sources: [], coverage: 'exact', scanned: 0 }
      const viewers = new Map([[viewer, '']])
      board = {
        key,
        asked,
        cut: false,
        viewers,
        standing: undefined,
        past,
        release: () => {},
        due: 0,
        cost: 0,
        pastDue: 0,
        making: false,
        changed: false,
        waits: {},
      }
      this.#boards.set(key, board)
      void this.#begin(board)
    } else {
      board.viewers.set(viewer, '')
      if (board.standing !== undefined) this.#wake(board)
      else if (board.waits.show !== undefined) void this.#askAgain(board)
    }
    return () => this.#leave(key, viewer)
  }

  stop(): void {
    for (const { waits } of this.#boards.values()) cancel(waits)
    this.#boards.clear()
  }

  #leave(key: string, viewer: Viewer): void {
    const board = this.#boards.get(key)
    if (board === undefined || !board.viewers.delete(viewer) || board.viewers.size > 0) return
    this.#boards.delete(key)
    cancel(board.waits)
    board.release()
  }

  #isWatched(board: Board): boolean {
    return this.#boards.get(board.key) === board
  }

  /** Lets the query stand, and shows its answer once its past is known. */
  async #begin(board: Board): Promise<void> {
    const { host, clock } = this.#options
    const now = clock.now()
    const question = readQuestion(board.asked, now)
    if ('error' in question) return
    board.cut = question.cut
    const span = spanOf(board.asked, now)
    const held = span === undefined ? undefined : host.hold(question.query, span)
    if (held === undefined || 'message' in held) return this.#askAgain(board)
    board.release = held.release
    const started = clock.elapsed()
    try {
      const past = await held.past
      board.pastDue = clock.elapsed() + (clock.elapsed() - started) * 20
      if (!this.#isWatched(board)) return
      board.past = past
      board.standing = held.standing
      const look = held.standing.onChange(() => this.#wake(board))
      board.release = () => {
        look()
        held.release()
      }
      this.#show(board)
      if (past.coverage !== 'exact') {
        const wait = past.coverage.startsWith(DAMAGED) ? SELDOM : BEGIN_AGAIN
        this.#later(board, 'begin', wait, () => this.#restart(board))
      }
    } catch (error) {
      this.#letGo(board)
      this.#fail(board, error)
    }
  }

  /** Shows what has changed: now, or as soon as it is due. */
  #wake(board: Board): void {
    board.changed = true
    if (board.making || board.waits.show !== undefined) return
    const wait = board.due - this.#options.clock.elapsed()
    if (wait <= 0) this.#show(board)
    else this.#later(board, 'show', wait, () => this.#show(board))
  }

  #show(board: Board): void {
    const { standing: one } = board
    if (one === undefined || !this.#isWatched(board)) return
    const { clock } = this.#options
    const { evicted, keys } = one.stats
    if (one.lacks) {
      this.#letGo(board)
      this.#later(board, 'begin', Math.max(ASK_AGAIN, board.pastDue - clock.elapsed()), () => void this.#begin(board))
      return
    }
    if (evicted > 0) {
      this.#letGo(board)
      void this.#askAgain(board)
      return
    }
    board.changed = false
    if (keys <= FEW) {
      this.#shown(board, one, run(timed(made(one.resulting()))))
    } else void this.#makeMany(board, one)
  }

  /** As it is when its turn comes, bit by bit. */
  async #makeMany(board: Board, one: Standing): Promise<void> {
    board.making = true
    try {
      const answer = await this.#slices.run(timed(made(one.resulting())))
      if (board.standing === one) this.#shown(board, one, answer)
    } catch (error) {
      this.#letGo(board)
      this.#fail(board, error)
    } finally {
      board.making = false
    }
    if (board.changed && board.standing === one) this.#wake(board)
  }

  #shown(board: Board, one: Standing, { value, ms }: Timed<Made>): void {
    const { clock, every } = this.#options
    const { past } = board
    const coverage = past.coverage === 'exact' ? one.coverage : past.coverage
    this.#tell(board, value, { ...past, coverage, scanned: past.scanned + one.stats.events, ms })
    // What took long but once, as the first does, is let pass.
    board.due = clock.elapsed() + Math.max(every, Math.min(ms, board.cost) * 20)
    board.cost = ms
    // Who could not take it is not told by the next change: that may never come.
    if ([...board.viewers.keys()].some(({ full }) => full))
      this.#later(board, 'show', Math.max(ASK_AGAIN, board.due - clock.elapsed()), () => this.#show(board))
  }

  async #askAgain(board: Board): Promise<void> {
    const { asker, clock } = this.#options
    if (!this.#isWatched(board)) return
    board.waits.show?.()
    delete board.waits.show
    let wait = ASK_AGAIN
    if ([...board.viewers.keys()].some(({ full }) => !full)) {
      try {
        const question = readQuestion(board.asked, clock.now())
        if ('error' in question) return
        const started = performance.now()
        const { stats, ...result } = await asker.ask(question.query, question.scope)
        const text = await this.#slices.run(rowsText(result.rows))
        if (!this.#isWatched(board)) return
        const ms = rounded(performance.now() - started)
        this.#tell(board, { result, text }, { ...stats, ms })
        wait = Math.max(wait, ms * 20)
      } catch (error) {
        return this.#fail(board, error)
      }
    }
    this.#later(board, 'show', wait, () => void this.#askAgain(board))
  }

  /** Shows a result to those who saw another one last. */
  #tell(board: Board, { result, text }: Made, stats: Answer['stats']): void {
    const coverage = cutCoverage(board, result.rows.length, stats.coverage)
    const now = `${coverage}\n${text}`
    for (const [viewer, last] of board.viewers) {
      if (last === now || viewer.full) continue
      board.viewers.set(viewer, now)
      viewer.show({ ...result, stats: { ...stats, coverage } }, text)
    }
  }

  #restart(board: Board): void {
    this.#letGo(board)
    void this.#begin(board)
  }

  #letGo(board: Board): void {
    board.release()
    board.release = () => {}
    board.standing = undefined
  }

  #fail(board: Board, error: unknown): void {
    if (!this.#isWatched(board)) return
    for (const viewer of board.viewers.keys()) viewer.refuse(refusal(String(error)))
    this.#later(board, 'begin', BEGIN_AGAIN, () => void this.#begin(board))
  }

  #later(board: Board, what: keyof Board['waits'], ms: number, call: () => void): void {
    board.waits[what]?.()
    board.waits[what] = this.#options.clock.after(ms, () => {
      delete board.waits[what]
      if (this.#isWatched(board)) call()
    })
  }
}

function cancel({ show, begin }: Board['waits']): void {
  show?.()
  begin?.()
}
