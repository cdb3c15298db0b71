import { FIRST_TEXT } from '@telltale/event'
import { worked } from '@telltale/query'
import type { Texts } from '../texts.ts'

/** Above so many texts it pays to search through all their bytes at once. */
const FEW = 256

/** Calls with every code whose text is these bytes and a string. */
export function equalling(texts: Texts, wanted: Buffer, call: (code: number) => void): void {
  const check = (code: number): void => {
    const start = texts.start(code)
    if (texts.start(code + 1) - start !== wanted.length || texts.isJson(code)) return
    if (texts.bytes.compare(wanted, 0, wanted.length, start, start + wanted.length) === 0) call(code)
  }
  if (wanted.length > 0 && texts.size > FEW) containing(texts, wanted, check)
  else for (let code = FIRST_TEXT; code < texts.size; code++) check(code)
}

/** Calls with every code whose text contains these bytes: one search through all texts at once. */
export function containing(texts: Texts, wanted: Buffer, call: (code: number) => void): void {
  const { bytes, size } = texts
  const end = texts.start(size)
  worked(1 + (end >> 12))
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
