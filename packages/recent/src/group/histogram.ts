import { type Selection, wordsOf } from '../selection.ts'

/** Counts of the four bytes of a word, apart. */
const lanes = new Uint32Array(4 * 256)

/**
 * Counts how many selected rows have each id.
 * @param size all ids are below this
 * @param bytes the same ids, where they are all below 256 and kept so
 * @param counts room for twice as many, zeros; the first half is the result
 */
export function histogram(
  ids: Int32Array,
  size: number,
  bytes: Uint8Array | undefined,
  selection: Selection,
  counts: Uint32Array,
): void {
  if (selection.isAll && bytes !== undefined) {
    countBytes(bytes, counts)
    return
  }
  // Odd places are counted apart: equal neighbours then do not wait for each other.
  if (selection.isAll) {
    const { length } = selection.mask
    for (let row = 0; row + 1 < length; row += 2) {
      counts[ids[row]!]!++
      counts[size + ids[row + 1]!]!++
    }
    if (length % 2 === 1) counts[ids[length - 1]!]!++
  } else if (selection.isDense) {
    const { mask } = selection
    const { length } = mask
    for (let row = 0; row + 1 < length; row += 2) {
      counts[ids[row]!]! += mask[row]!
      counts[size + ids[row + 1]!]! += mask[row + 1]!
    }
    if (length % 2 === 1) counts[ids[length - 1]!]! += mask[length - 1]!
  } else {
    const { rows, count } = selection
    for (let i = 0; i + 1 < count; i += 2) {
      counts[ids[rows[i]!]!]!++
      counts[size + ids[rows[i + 1]!]!]!++
    }
    if (count % 2 === 1) counts[ids[rows[count - 1]!]!]!++
  }
  for (let id = 0; id < size; id++) counts[id]! += counts[size + id]!
}

function countBytes(bytes: Uint8Array, counts: Uint32Array): void {
  const words = wordsOf(bytes)
  lanes.fill(0)
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!
    lanes[word & 255]!++
    lanes[256 + ((word >>> 8) & 255)]!++
    lanes[512 + ((word >>> 16) & 255)]!++
    lanes[768 + (word >>> 24)]!++
  }
  for (let i = 0; i < lanes.length; i++) if (lanes[i]! > 0) counts[i & 255]! += lanes[i]!
  for (let i = words.length * 4; i < bytes.length; i++) counts[bytes[i]!]!++
}
