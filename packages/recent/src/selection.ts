import { MAX_ROWS } from './chunk.ts'

/** The rows of a chunk that a query is about. */
export interface Selection {
  /** 1 for each of them, 0 for the others; one a row of the chunk. */
  readonly mask: Uint8Array
  /** The same as a list, rising. Only the first `count` entries are valid. */
  readonly rows: Uint16Array
  readonly count: number
}

const room = new Uint16Array(MAX_ROWS)
const ALL = Uint16Array.from({ length: MAX_ROWS }, (_, row) => row)
/** Four marks at once. */
const FOUR = 0x01010101

/** Lists the marked rows. Valid until asked for again. */
export function select(mask: Uint8Array): Selection {
  if (!mask.includes(0)) return { mask, rows: ALL, count: mask.length }
  const words = mask.byteOffset % 4 === 0 ? mask.length >> 2 : 0
  const marks = new Uint32Array(mask.buffer, words > 0 ? mask.byteOffset : 0, words)
  let count = 0
  for (let i = 0; i < words; i++) {
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
  for (let row = words * 4; row < mask.length; row++) {
    room[count] = row
    count += mask[row]!
  }
  return { mask, rows: room, count }
}
