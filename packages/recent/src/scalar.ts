import { FALSE, NULL, TRUE } from '@telltale/event'
import type { Scalar } from '@telltale/query'
import type { Texts } from './texts.ts'

/** What a cell of this code is as a key or a distinct value: an array is its JSON text, an empty object is missing. */
export function scalarAt(texts: Texts, code: number): Scalar {
  if (code === NULL) return null
  if (code === FALSE) return false
  if (code === TRUE) return true
  const text = texts.text(code)
  return texts.isJson(code) ? (text === '{}' ? null : JSON.stringify(JSON.parse(text))) : text
}
