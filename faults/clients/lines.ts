import type { Parcel } from '../ledger.ts'
import { badLine, line } from '../payload.ts'

/** A parcel as NDJSON. */
export function linesOf({ first, count, bad }: Parcel): Buffer {
  let text = ''
  for (let n = first; n < first + count; n++) text += `${n === bad ? badLine(n) : line(n)}\n`
  return Buffer.from(text)
}
