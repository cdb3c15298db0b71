import { FIRST_TEXT } from '@telltale/event'
import type { Texts } from '../texts.ts'

/** The first code from `from` on whose text is these bytes and a string; 0 where there is none. */
export function codeOf(texts: Texts, wanted: Buffer, from: number): number {
  const { bytes, size } = texts
  for (let code = from; code < size; code++) {
    const start = texts.start(code)
    if (texts.start(code + 1) - start !== wanted.length || texts.isJson(code)) continue
    if (bytes.compare(wanted, 0, wanted.length, start, start + wanted.length) === 0) return code
  }
  return 0
}

/** Calls with every code whose text contains these bytes: one search through all texts at once. */
export function containing(texts: Texts, wanted: Buffer, call: (code: number) => void): void {
  const { bytes, size } = texts
  const end = texts.start(size)
  for (let at = 0; at <= end; ) {
    const found = bytes.indexOf(wanted, at)
    if (found < 0 || found + wanted.length > end) return
    const code = codeAround(texts, found)
    const next = texts.start(code + 1)
    if (found + wanted.length <= next) {
      call(code)
      at = next
    } else at = found + 1
  }
}

/** The code whose text this byte belongs to. */
function codeAround(texts: Texts, byte: number): number {
  let low = FIRST_TEXT
  let high = texts.size - 1
  while (low < high) {
    const middle = (low + high + 1) >>> 1
    if (texts.start(middle) <= byte) low = middle
    else high = middle - 1
  }
  return low
}
