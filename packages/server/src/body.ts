import type { Readable } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import type { Intake, Sender, Taken } from '@telltale/pipeline'
import { unzstd } from './unzstd.ts'

/** A body is taken in pieces of about this many bytes, so that a long upload neither waits for its end nor for memory. */
const PIECE = 1024 * 1024
/** At most this many refusals are listed in an answer; `rejected_total` counts all. */
const LISTED = 1000
const NEWLINE = 10
const BRACKET = 0x5b

export interface BodyOptions {
  /** Bytes (decompressed) of a body that must be read whole: an array, or one value. */
  maxWhole: number
  /** It says it is lines (NDJSON): each is taken as it comes, so that an upload may go on for ever. */
  lines: boolean
  /** How long a sender may be kept waiting while the journal pushes back, in ms. */
  patience: number
}

export interface Outcome {
  accepted: number
  rejected: { index: number; reason: string }[]
  rejectedTotal: number
  /** Nothing in it was JSON. */
  unreadable: boolean
  /** Set where it was not read to its end. */
  stopped?: { status: 413 | 503; message: string; retryAfter?: number }
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
      return pipe(stream, unzstd())
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
 * Reads a body into the intake: lines as they come, an array or a single value once it is whole.
 * Resolves when everything accepted is journaled; rejects where that, or the stream itself, failed.
 */
export async function takeBody(
  stream: Readable,
  intake: Intake,
  sender: Sender,
  options: BodyOptions,
): Promise<Outcome> {
  const outcome: Outcome = { accepted: 0, rejected: [], rejectedTotal: 0, unreadable: false }
  let last: Promise<void> | undefined
  let journaled: Promise<void> = Promise.resolve()
  let syntax = 0
  let pieces: Buffer[] = []
  let size = 0
  let array: boolean | undefined
  const most = options.lines ? PIECE : options.maxWhole
  const take = (bytes: Buffer): void => {
    const seen = outcome.accepted + outcome.rejectedTotal
    const taken: Taken = intake.take(bytes, sender)
    outcome.accepted += taken.accepted
    outcome.rejectedTotal += taken.refused
    for (const { index, reason, kind } of taken.problems) {
      if (kind === 'syntax') syntax++
      if (outcome.rejected.length < LISTED) outcome.rejected.push({ index: seen + index, reason })
    }
    if (taken.journaled === last) return
    last = taken.journaled
    journaled = journaled.then(() => taken.journaled)
  }
  for await (const piece of stream as AsyncIterable<Buffer>) {
    pieces.push(piece)
    size += piece.length
    if (!options.lines) array ??= startsArray(piece)
    const newline = array ? -1 : piece.lastIndexOf(NEWLINE)
    if (newline < 0 && size > most) {
      outcome.stopped = { status: 413, message: tooLarge(array === true, most) }
      break
    }
    if (newline < 0 || (size < PIECE && !options.lines)) continue
    const whole = Buffer.concat(pieces, size)
    const end = size - piece.length + newline + 1
    take(whole.subarray(0, end))
    pieces = end < size ? [whole.subarray(end)] : []
    size -= end
    if (intake.busy !== undefined && !(await calm(intake, options.patience))) {
      const { reason, retryAfter } = intake.busy ?? { reason: 'busy', retryAfter: 1 }
      outcome.stopped = { status: 503, message: reason, retryAfter }
      break
    }
  }
  if (outcome.stopped === undefined && size > 0) take(Buffer.concat(pieces, size))
  await journaled
  outcome.unreadable = outcome.accepted === 0 && outcome.rejectedTotal === syntax
  return outcome
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

/** Whether the first byte that is no white space opens an array; undefined while there is none. */
function startsArray(bytes: Buffer): boolean | undefined {
  for (const byte of bytes) if (byte !== 32 && byte !== 9 && byte !== 10 && byte !== 13) return byte === BRACKET
  return undefined
}
