import type { Readable } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import { Reading } from '@telltale/channels'
import { BOUNDS, type LineBlocks, LineSplitter, type Problem, ValueSplitter } from '@telltale/event'
import { type Intake, type Sender, Strand, type Taken } from '@telltale/pipeline'
import type { Room } from './room.ts'
import { unzstd } from './unzstd.ts'

/** What is no array is held up to about so many bytes while it is not whole; what is longer is skipped. */
const PIECE = 1024 * 1024
/** At most this many refusals are listed in an answer; `rejected_total` counts all. */
const LISTED = 1000
/** How long what can not be taken before more comes is waited for, in ms. */
const IDLE = 60_000
const GO_ON = 'go on behind the events that were accepted or rejected'
const DECODED = `check content-encoding; ${GO_ON}`
const BOM = Buffer.from('\ufeff')

export interface BodyOptions {
  /** Bytes (decompressed) of what must be read whole: an array, or one value. */
  maxWhole: number
  /** It says it is lines (NDJSON): no value spans them. What says nothing is taken value by value. */
  lines: boolean
  /** How long a sender may be kept waiting while the journal pushes back, in ms. */
  patience: number
  /** What all bodies that are read at a time may hold of what is not taken yet. */
  room: Room
  /** Aborted where Telltale is to stop: what does not end soon is cut then. */
  stopping: AbortSignal
  /** Aborted, with the reason, where its connection broke in the middle of it. */
  cut?: AbortSignal
  /** How long a body is still read once it is to stop, in ms. Default 1,000. */
  lastWords?: number
}

export interface Outcome {
  accepted: number
  rejected: { index: number; reason: string }[]
  rejectedTotal: number
  /** Nothing in it was JSON, or there was nothing. */
  unreadable: boolean
  /** Set where it was not read to its end. */
  stopped?: { status: 400 | 408 | 413 | 503; message: string; hint?: string; retryAfter?: number } | undefined
}

/** The stream as it was before it was compressed; undefined where the encoding is unknown. */
export function decoded(stream: Readable, encoding: string): Readable | undefined {
  switch (encoding) {
    case '':
    case 'identity':
      return stream
    case 'gzip':
    case 'x-gzip':
      return pipe(stream, createGunzip())
    case 'deflate':
      return pipe(stream, createInflate())
    case 'br':
      return pipe(stream, createBrotliDecompress())
    case 'zstd':
      return unzstd(stream)
    default:
      return undefined
  }
}

function pipe<T extends NodeJS.ReadWriteStream & Readable>(stream: Readable, into: T): T {
  stream.once('error', error => into.destroy(error))
  stream.pipe(into)
  return into
}

/**
 * Reads a body into the intake: lines, and values that span lines, as they come, so that an upload may go on for ever;
 * an array once it is whole. The stream is not destroyed, so that its sender can be answered.
 * Resolves when everything accepted is journaled, or that failed. What was taken of a stream that broke counts.
 */
export async function takeBody(
  stream: Readable,
  intake: Intake,
  sender: Sender,
  options: BodyOptions,
): Promise<Outcome> {
  const body = new Body(stream, intake, sender, options)
  try {
    return await body.read()
  } finally {
    body.end()
  }
}

class Body {
  readonly #stream: Readable
  readonly #intake: Intake
  readonly #sender: Sender
  readonly #options: BodyOptions
  readonly #reading: Reading
  readonly #stop = (): void => this.#reading.stop()
  readonly #end = (): void => {
    this.#ending = setTimeout(this.#stop, this.#options.lastWords ?? 1_000)
  }
  #ending: NodeJS.Timeout | undefined
  readonly #outcome: Outcome = { accepted: 0, rejected: [], rejectedTotal: 0, unreadable: false }
  /** Bytes that are not taken yet. */
  #size = 0
  /** A line longer than an event may be is still held up to here: it may be an array. */
  readonly #lines = new LineSplitter(PIECE)
  readonly #values = new ValueSplitter(PIECE)
  #syntax = 0
  /** Nothing came but white space so far. */
  #blank = true
  #journaled: Promise<void> = Promise.resolve()
  /** What is journaled of it: everything up to the first failure. */
  #kept = { accepted: 0, rejectedTotal: 0 }
  #failure: Error | undefined

  constructor(stream: Readable, intake: Intake, sender: Sender, options: BodyOptions) {
    this.#stream = stream
    this.#intake = intake
    this.#sender = { ...sender, strand: new Strand() }
    this.#options = options
    this.#reading = new Reading(stream)
    options.stopping.addEventListener('abort', this.#end)
    options.cut?.addEventListener('abort', this.#stop)
  }

  async read(): Promise<Outcome> {
    const outcome = this.#outcome
    if (this.#options.stopping.aborted) return { ...outcome, stopped: this.#cut() }
    for (let piece = await this.#next(); piece !== undefined; piece = await this.#next()) {
      outcome.stopped = await this.#piece(piece)
      if (outcome.stopped !== undefined) break
    }
    if (outcome.stopped === undefined && this.#failure === undefined) {
      if (!this.#stream.readableEnded) outcome.stopped = this.#cut()
      else this.#takeBlocks(this.#options.lines ? this.#lines.end() : this.#values.end())
    }
    await this.#journaled
    if (this.#failure !== undefined) return this.#failed(this.#failure)
    // An empty array can be read: it says that there is nothing.
    const { accepted, rejectedTotal } = outcome
    outcome.unreadable = accepted === 0 && rejectedTotal === this.#syntax && (rejectedTotal > 0 || this.#blank)
    return outcome
  }

  end(): void {
    this.#options.stopping.removeEventListener('abort', this.#end)
    this.#options.cut?.removeEventListener('abort', this.#stop)
    clearTimeout(this.#ending)
    this.#holds(0)
  }

  /** Whoever keeps a part of an event to himself is not waited for without end: it takes room that others need. */
  async #next(): Promise<Buffer | undefined> {
    if (this.#size === 0) return this.#reading.next()
    const timer = setTimeout(this.#stop, IDLE)
    try {
      return await this.#reading.next()
    } finally {
      clearTimeout(timer)
    }
  }

  async #piece(piece: Buffer): Promise<Outcome['stopped']> {
    const { lines, room } = this.#options
    if (!room.take(piece.length))
      return { status: 503, message: `bodies hold ${room.most} bytes already, more they may not`, retryAfter: 1 }
    this.#size += piece.length
    return lines ? this.#asLines(piece) : this.#asValues(piece)
  }

  async #asLines(piece: Buffer): Promise<Outcome['stopped']> {
    const lines = this.#lines.push(piece)
    this.#takeBlocks(lines)
    this.#holds(this.#lines.held)
    return lines.blocks.length > 0 ? this.#calm() : undefined
  }

  async #asValues(piece: Buffer): Promise<Outcome['stopped']> {
    const { maxWhole } = this.#options
    const values = this.#values.push(piece)
    this.#takeBlocks(values)
    this.#holds(this.#values.held)
    if (this.#size > maxWhole) return { status: 413, message: tooLarge(this.#values.array, maxWhole) }
    return values.blocks.length > 0 ? this.#calm() : undefined
  }

  /** What is held no more is free for others. */
  #holds(size: number): void {
    this.#options.room.give(this.#size - size)
    this.#size = size
  }

  /** Waits while the journal pushes back. @returns why that took too long */
  async #calm(): Promise<Outcome['stopped']> {
    if (this.#intake.busy === undefined || (await calm(this.#intake, this.#options.patience))) return undefined
    const { reason, retryAfter } = this.#intake.busy ?? { reason: 'busy', retryAfter: 1 }
    return { status: 503, message: reason, retryAfter }
  }

  /** What comes behind what is journaled is to be sent again. */
  #failed({ message }: Error): Outcome {
    const { accepted, rejectedTotal } = this.#kept
    const rejected = this.#outcome.rejected.filter(({ index }) => index < accepted + rejectedTotal)
    const stopped = { status: 503, message: `the events could not be journaled: ${message}`, retryAfter: 1 } as const
    return { accepted, rejected, rejectedTotal, unreadable: false, stopped }
  }

  #cut(): Outcome['stopped'] {
    const { cut } = this.#options
    if (cut?.aborted)
      return { status: 400, message: `the body broke off: ${(cut.reason as Error).message}`, hint: GO_ON }
    const { errored } = this.#stream
    if (errored) return { status: 400, message: `the body could not be read: ${errored.message}`, hint: DECODED }
    if (this.#options.stopping.aborted) return { status: 503, message: 'Telltale is stopping', retryAfter: 1 }
    return { status: 408, message: `nothing came for ${IDLE / 1000} s, in the middle of an event` }
  }

  /** What was too long counts where it stood. */
  #takeBlocks({ blocks, problems }: LineBlocks): void {
    const refuse = (at: number): void => {
      const here = problems.filter(({ index }) => index === at)
      if (here.length > 0) this.#count(this.#intake.refuse(here.map(tooLong), this.#sender))
    }
    blocks.forEach((block, at) => {
      refuse(at)
      this.#take(block)
    })
    refuse(blocks.length)
  }

  #take(bytes: Buffer): void {
    this.#blank &&= isBlank(bytes)
    this.#count(this.#intake.take(bytes, this.#sender))
  }

  #count(taken: Taken): void {
    const outcome = this.#outcome
    const seen = outcome.accepted + outcome.rejectedTotal
    outcome.accepted += taken.accepted
    outcome.rejectedTotal += taken.refused
    for (const { index, reason, kind } of taken.problems) {
      if (kind === 'syntax') this.#syntax++
      if (outcome.rejected.length < LISTED) outcome.rejected.push({ index: seen + index, reason })
    }
    // One after another: what is behind a failure is refused at once, maybe before those are journaled that go first.
    this.#journaled = this.#journaled
      .then(() => taken.journaled)
      .then(
        () => {
          if (this.#failure !== undefined) return
          this.#kept.accepted += taken.accepted
          this.#kept.rejectedTotal += taken.refused
        },
        error => {
          this.#failure ??= error as Error
          this.#reading.stop()
        },
      )
  }
}

/** Reads the rest and throws it away, for at most ms: a connection closed on unread bytes would lose the answer. */
export async function discard(stream: Readable, ms: number): Promise<void> {
  if (stream.readableEnded || stream.destroyed) return
  stream.unpipe()
  stream.removeAllListeners('readable').resume()
  await new Promise<void>(resolve => {
    const done = (): void => {
      clearTimeout(timer)
      resolve()
    }
    const timer = setTimeout(done, ms)
    stream.once('end', done).once('close', done)
  })
}

/** In the words of everything else that is. */
function tooLong(problem: Problem, index: number): Problem {
  return { ...problem, index, reason: `longer than ${BOUNDS.line} bytes` }
}

function tooLarge(array: boolean, limit: number): string {
  const what = array ? 'an array' : 'a single value'
  return `${what} of more than ${limit} bytes; send it as lines (one event a line), which may be of any length`
}

async function calm(intake: Intake, patience: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<boolean>(resolve => {
    timer = setTimeout(() => resolve(false), patience)
  })
  const became = await Promise.race([intake.ready().then(() => true), late])
  clearTimeout(timer)
  return became
}

/** Whether there is only white space, and maybe a byte order mark. */
function isBlank(bytes: Buffer): boolean {
  const first = bytes.findIndex(byte => byte > 32)
  return first < 0 || (first === 0 && bytes.subarray(0, 3).equals(BOM) && isBlank(bytes.subarray(3)))
}
