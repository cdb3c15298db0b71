import { createHash } from 'node:crypto'
import type { Batch } from './batch.ts'
import type { Column } from './column.ts'
import { FIRST_TEXT } from './dictionary.ts'
import type { Json, JsonObject } from './event.ts'
import { mask } from './mask.ts'
import { hashOf, viewOf } from './words.ts'

/** Where an event may say what happened, by name in additional_info, best first: a trace tells apart what a message does not. */
export const TELLING: readonly string[] = [
  'backtrace',
  'stacktrace',
  'stack_trace',
  'stack',
  'exception.stacktrace',
  'exception.backtrace',
  'exception.stack',
  'error.stack',
  'error.stack_trace',
  'err.stack',
  'message',
  'msg',
  'exception.message',
  'error.message',
  'err.message',
  'error',
  'body',
]

const RANKS: ReadonlyMap<string, number> = new Map(TELLING.map((name, rank) => [name, rank]))

/** So much of a text is looked at, in characters. */
const MOST = 16_384
/** So many fingerprints are remembered across batches, of texts up to so many characters. */
const REMEMBERED = 8192
const SHORT = 2048

/** A fingerprint, as text and as dictionaries take it. */
interface Known {
  readonly text: string
  readonly bytes: Buffer
  readonly view: DataView
  readonly hash: number
}

const KNOWN: Map<string, Known> = new Map()

/**
 * The fingerprint of an event: the MD5 of its type, a newline, and what it says happened with the variable parts
 * masked. Events that say nothing of that are told apart by their type alone.
 */
export function fingerprintOf(type: string, info: JsonObject): string {
  for (const name of TELLING) {
    const text = textOf(find(info, name))
    if (text !== '') return remembered(type, text).text
  }
  return remembered(type, '').text
}

/** Fills in the fingerprint of every row that has none. Computed once per distinct type and text. */
export function fingerprint(batch: Batch): void {
  const { dictionary, length } = batch
  const columns = batch.columns
    .filter(({ path }) => RANKS.has(path.name))
    .sort((a, b) => RANKS.get(a.path.name)! - RANKS.get(b.path.name)!)
  const cursors = new Uint32Array(columns.length)
  const codes = new Map<number, number>()
  for (let row = 0; row < length; row++) {
    if (dictionary.lengthOf(batch.md5[row]!) > 0) continue
    const type = batch.type[row]!
    const said = telling(batch, columns, cursors, row)
    const pair = type * 0x100000000 + said
    let code = codes.get(pair)
    if (code === undefined) {
      const text = said === 0 ? '' : textOf(dictionary.value(said))
      const { bytes, hash, view } = remembered(dictionary.text(type), text)
      code = dictionary.addHashed(bytes, 0, bytes.length, 0, hash, view)
      codes.set(pair, code)
    }
    batch.md5[row] = code
  }
}

/** The code of the first text the row has in these columns, or 0. Cursors say where each column was left. */
function telling(batch: Batch, columns: readonly Column[], cursors: Uint32Array, row: number): number {
  const { dictionary } = batch
  for (let c = 0; c < columns.length; c++) {
    const { rows, codes, count, numbers } = columns[c]!
    let at = cursors[c]!
    while (at < count && rows[at]! < row) at++
    cursors[c] = at
    if (at === count || rows[at] !== row) continue
    const code = codes[at]!
    if (code < FIRST_TEXT || (numbers !== undefined && numbers[at] === numbers[at])) continue
    if (dictionary.json[code] === 0 ? dictionary.lengthOf(code) > 0 : textOf(dictionary.value(code)) !== '') return code
  }
  return 0
}

/** A text, or the lines of an array; empty where there is none. */
function textOf(value: Json | undefined): string {
  if (typeof value === 'string') return value
  if (!Array.isArray(value)) return ''
  return value.filter(line => typeof line === 'string').join('\n')
}

/** A value by the name queries give it: keys joined by dots. */
function find(info: JsonObject, name: string): Json | undefined {
  if (Object.hasOwn(info, name)) return info[name]
  const dot = name.indexOf('.')
  if (dot < 0) return undefined
  const inner = Object.hasOwn(info, name.slice(0, dot)) ? info[name.slice(0, dot)] : undefined
  if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return undefined
  return find(inner, name.slice(dot + 1))
}

function remembered(type: string, text: string): Known {
  if (text.length > SHORT) return md5(type, text)
  const key = `${type}\n${text}`
  let known = KNOWN.get(key)
  if (known === undefined) {
    known = md5(type, text)
    if (KNOWN.size >= REMEMBERED) KNOWN.delete(KNOWN.keys().next().value!)
    KNOWN.set(key, known)
  }
  return known
}

function md5(type: string, text: string): Known {
  const hex = createHash('md5')
    .update(`${type}\n${mask(text.slice(0, MOST))}`)
    .digest('hex')
  const bytes = Buffer.from(hex)
  const view = viewOf(bytes)
  return { text: hex, bytes, view, hash: hashOf(view, 0, bytes.length) }
}
