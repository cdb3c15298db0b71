import { isDeepStrictEqual } from 'node:util'
import { BatchBuilder, type Event, type Origin, scan, writeLines } from '../index.ts'

const ORIGIN: Origin = { hostname: 'h', receivedAt: 1_795_132_800_003.5 }

/** Which documents a case is about. */
export interface Case {
  /** Whether `received_at` and what else only Telltale may say is believed. */
  readonly trusted: boolean
  /** It may be no JSON, or more than one value. */
  readonly broken: boolean
}

/**
 * Reads a document by bytes and by JSON.parse.
 * @returns whether it is one whole event; throws where the two differ, or what was read is not written as it was
 */
export function compareWithParse(given: string, { trusted, broken }: Case): boolean {
  // A mutation may end the object early and go on with more; one line, one event is what is compared.
  const document = Buffer.from(given.trim()).toString()
  const origin = trusted ? { ...ORIGIN, trusted } : ORIGIN
  const should = byObject(document, origin)
  const { batch, problems, accepted, refused } = scan(Buffer.from(document), origin)
  const fail = (what: string): never => {
    throw new Error(`${what}\n${JSON.stringify(document)}\n${JSON.stringify(problems)}`)
  }
  if (accepted !== batch.length || refused !== problems.length) fail('miscounted')
  if (should !== undefined) {
    if (accepted !== 1 || refused !== 0) fail(`${accepted} accepted, ${refused} refused`)
    batch.seq = 0
    const found = plain(batch.event(0))
    if (!isDeepStrictEqual(found, should)) fail(`found ${JSON.stringify(found)}, expected ${JSON.stringify(should)}`)
  } else if (!broken && accepted > 0) fail('taken, though no event')
  else if (refused === 0 && document !== '' && !/^\s*(\[\s*\]\s*)*$/.test(document) && !several(document))
    fail('broken, but no problem')
  batch.seq = 1
  const bytes = writeLines(batch)
  const again = scan(bytes, { ...ORIGIN, trusted: true })
  if (again.refused > 0 || !writeLines(again.batch).equals(bytes)) fail('not written as it was')
  return should !== undefined
}

/** What the object route makes of it; undefined where it is refused. */
function byObject(document: string, origin: Origin): Event | undefined {
  let value: unknown
  try {
    value = JSON.parse(document)
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || Array.isArray(value)) return undefined
  const builder = new BatchBuilder()
  return builder.add(value, origin) === undefined ? plain(builder.batch.event(0)) : undefined
}

/** Without the sign of zero in arrays, and with words that are numbers as doubles: JSON.parse can't know their digits. */
function plain(event: Event): Event {
  for (const word of ['type', 'hostname', 'md5'] as const)
    if (event[word] !== '' && !Number.isNaN(Number(event[word]))) event[word] = String(Number(event[word]))
  return JSON.parse(JSON.stringify(event)) as Event
}

/** Whether it is several values one after another, or an array, each an event. */
function several(document: string): boolean {
  if (document.startsWith('[')) return true
  for (let end = document.indexOf('}') + 1; end > 0; end = document.indexOf('}', end) + 1)
    if (byObject(document.slice(0, end), ORIGIN) !== undefined) return true
  return document.startsWith('"')
}
