import { MAX_ROWS } from './chunk.ts'

const ALL = Uint16Array.from({ length: MAX_ROWS }, (_, row) => row)
/** Four marks at once. */
const FOUR = 0x01010101

/** The rows of a chunk that a query is about. */
export class Selection {
  /** 1 for each of them, 0 for the others; one a row of the chunk. */
  readonly mask: Uint8Array
  readonly count: number
  readonly #room: Uint16Array
  #rows: Uint16Array | undefined

  /** @param room for the list, if one is asked for */
  constructor(mask: Uint8Array, count: number, room: Uint16Array) {
    this.mask = mask
    this.count = count
    this.#room = room
  }

  get isAll(): boolean {
    return this.count === this.mask.length
  }

  /** Whether looking at every row is cheaper than listing those of it. */
  get isDense(): boolean {
    return this.count * 4 > this.mask.length
  }

  /** The same as a list, rising. Only the first `count` entries are valid, and only until another selection of the same query is listed. */
  get rows(): Uint16Array {
    return (this.#rows ??= this.isAll ? ALL : list(this.mask, this.#room))
  }
}

/** How many are marked. */
export function countMarks(mask: Uint8Array): number {
  const words = wordsOf(mask)
  let count = 0
  // A byte of the sum holds up to 255 marks of its place.
  for (let from = 0; from < words.length; from += 255) {
    const end = Math.min(words.length, from + 255)
    let sum = 0
    for (let i = from; i < end; i++) sum = (sum + words[i]!) | 0
    count += (sum & 255) + ((sum >>> 8) & 255) + ((sum >>> 16) & 255) + (sum >>> 24)
  }
  for (let row = words.length * 4; row < mask.length; row++) count += mask[row]!
  return count
}

/** The marks as words of four, but for what is left at the end. */
export function wordsOf(mask: Uint8Array): Uint32Array {
  const aligned = mask.byteOffset % 4 === 0
  return new Uint32Array(mask.buffer, aligned ? mask.byteOffset : 0, aligned ? mask.length >> 2 : 0)
}

function list(mask: Uint8Array, room: Uint16Array): Uint16Array {
  const marks = wordsOf(mask)
  let count = 0
  for (let i = 0; i < marks.length; i++) {
    if (marks[i] === 0) continue
    const row = i * 4
    if (marks[i] === FOUR) {
      room[count] = row
      room[count + 1] = row + 1
      room[count + 2] = row + 2
      room[count + 3] = row + 3
      count += 4
      continue
    }
    room[count] = row
    count += mask[row]!
    room[count] = row + 1
    count += mask[row + 1]!
    room[count] = row + 2
    count += mask[row + 2]!
    room[count] = row + 3
    count += mask[row + 3]!
  }
  for (let row = marks.length * 4; row < mask.length; row++) {
    room[count] = row
    count += mask[row]!
  }
  return room
}
