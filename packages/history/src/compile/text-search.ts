import { text } from '../literal.ts'
import { searchable } from './case.ts'
import type { Condition } from './condition.ts'

/**
 * What makes a hit in the JSON text more than a hit in one key or value. In compact JSON a colon between texts follows a
 * quote, and a comma comes before a quote, a bracket, or the first letter of a number or word.
 */
const STRUCTURE = /["\\{}[\]\u0000-\u001f\u007f]|^:|,$|,[-0-9tfn]/
const NUMERIC = /^[0-9.eE+-]*$/

/** Numbers whose text in the JSON may not be the text of the double: long ones, and those in arrays, kept as written. */
const ODD_NUMBER = String.raw`[0-9]{16}|-0[,\]}]|[\[,]-?[0-9]+(?:\.[0-9]*0[,\]]|(?:\.[0-9]+)?[eE])`

const KEY = String.raw`"(?:[^"\\]|\\.)*":`
/** Keys that lead to null or to nothing are not there. What replaces them no needle holds. */
const STRIPPED = [String.raw`${KEY}(?:null|\{\})`, String.raw`${KEY}\{[\x01,]*\}`].reduce(
  (sql, pattern) => `replaceRegexpAll(${sql}, ${text(pattern)}, '\\x01')`,
  'raw',
)
/** An object with nothing in it is left, so perhaps a key that leads to it. */
const HOLLOW = `match(${STRIPPED}, ${text(String.raw`\{[\x01,]*\}`)})`

/** Letters that only themselves stand for, whatever their case, and that JSON writes as they are. */
const PLAIN = /[^ikIK"\\\u0000-\u001f\u007f-\uffff]+/g

/**
 * A condition that holds wherever the needle may be, and that the engine tests at once: the longest piece of it that has
 * but one way to be written. What else there is to ask is then asked of few rows.
 */
function first(needle: string, anywhere: (test: (column: string) => string) => string): string {
  const [piece = ''] = (needle.match(PLAIN) ?? []).sort((a, b) => b.length - a.length)
  const test = (column: string): string => `multiSearchAnyCaseInsensitive(${column}, [${text(piece)}])`
  return piece.length < 3 || NUMERIC.test(needle) ? '' : `(${anywhere(test)} OR ${test('raw')}) AND `
}

/**
 * A needle anywhere in the event: in type, hostname, md5 and tags by themselves; in additional_info by its exact text,
 * which holds more than keys and values. Where a hit might be in what is more, the row is in doubt.
 */
export function textSearch(needle: string): Condition {
  const { text: plain, part, strangers } = searchable(needle)
  if (needle === '') return { sure: '1', possible: '1' }
  if (plain === '') return { sure: '0', possible: '1' }
  const hit = (column: string, what = plain): string => `positionCaseInsensitiveUTF8(${column}, ${text(what)}) > 0`
  const anywhere = (test: (column: string) => string): string =>
    `${test('type')} OR ${test('hostname')} OR ${test('md5')} OR arrayExists(tag -> ${test('tag')}, tags)`
  const tops = anywhere(hit)
  const few = first(plain, anywhere)
  const strange = (column: string): string => `multiSearchAny(${column}, [${strangers.map(text).join(', ')}])`
  const others = strangers.length === 0 ? [] : [anywhere(strange), strange('raw')]
  if (part || STRUCTURE.test(needle)) {
    const escaped = JSON.stringify(plain).slice(1, -1)
    const possible = [tops, hit('raw', escaped), ...others].join(' OR ')
    return { sure: part ? '0' : `(${few}(${tops}))`, possible: `(${few}(${possible}))` }
  }
  const thereOnly = `(position(raw, ':null') = 0 AND position(raw, ':{}') = 0 OR ${hit(STRIPPED)} AND NOT ${HOLLOW})`
  const odd = NUMERIC.test(needle) ? [`match(raw, ${text(ODD_NUMBER)})`] : []
  const not = [...odd, ...escapeDoubts(plain, hit)].map(doubt => ` AND NOT ${doubt}`).join('')
  return {
    sure: `(${few}(${tops} OR ${hit('raw')}${not} AND ${thereOnly}))`,
    possible: `(${few}(${[tops, hit('raw'), ...odd, ...others].join(' OR ')}))`,
  }
}

/** A needle has no backslash, so a hit in an escape, or in a null, can only begin there. */
function escapeDoubts(needle: string, hit: (column: string, what: string) => string): string[] {
  const first = needle[0]!.toLowerCase()
  return [
    ...('bfnrt'.includes(first) ? [hit('raw', `\\${needle}`)] : []),
    ...(/[u0-9a-f]/.test(first) ? ["position(raw, '\\\\u00') > 0"] : []),
    ...('null'.includes(needle.toLowerCase()) ? ["position(raw, 'null') > 0"] : []),
  ]
}
