import { text } from '../literal.ts'
import type { Condition } from './condition.ts'

/**
 * What makes a hit in the JSON text more than a hit in one key or value. In compact JSON a colon between texts follows a
 * quote, and a comma comes before a quote, a bracket, or the first letter of a number or word.
 */
const STRUCTURE = /["\\{}[\]\u0000-\u001f\u007f]|^:|,$|,[-0-9tfn]/
const NUMERIC = /^[0-9.eE+-]*$/

/** Numbers whose text in the JSON may not be the text of the double: long ones, and those in arrays, kept as written. */
const ODD_NUMBER = String.raw`[0-9]{16}|-0[,\]}]|[\[,]-?[0-9]+(?:\.[0-9]*0[,\]]|(?:\.[0-9]+)?[eE])`

/** JSON without escapes: a string ends at the next quote. */
const KEY = '"[^"]*":'
/**
 * What is no part of a key or value that is there: escapes, keys that lead to null or to nothing, nulls in arrays. Each
 * is replaced by \x01, which no needle holds.
 */
const NOTHING = [
  String.raw`\\(?:u[0-9a-fA-F]{4}|.)`,
  String.raw`${KEY}(?:null\b|\{\})`,
  String.raw`${KEY}\{[\x01,]*\}`,
  String.raw`\bnull\b`,
]
const BARE = NOTHING.reduce((sql, pattern) => `replaceRegexpAll(${sql}, ${text(pattern)}, '\\x01')`, 'raw')
/** An object with nothing in it is left, so perhaps a key that leads to it. */
const HOLLOW = `match(${BARE}, ${text(String.raw`\{[\x01,]*\}`)})`

/**
 * A needle anywhere in the event: in type, hostname, md5 and tags by themselves; in additional_info by its exact text,
 * which holds more than keys and values. Where a hit might be in what is more, the row is in doubt.
 */
export function textSearch(needle: string): Condition {
  if (needle === '') return { sure: '1', possible: '1' }
  const hit = (column: string, what = needle): string => `positionCaseInsensitiveUTF8(${column}, ${text(what)}) > 0`
  const tops = `${hit('type')} OR ${hit('hostname')} OR ${hit('md5')} OR arrayExists(tag -> ${hit('tag')}, tags)`
  if (STRUCTURE.test(needle)) {
    return { sure: `(${tops})`, possible: `(${tops} OR ${hit('raw', JSON.stringify(needle).slice(1, -1))})` }
  }
  const odd = NUMERIC.test(needle) ? `match(raw, ${text(ODD_NUMBER)})` : undefined
  const bare = `${hit('raw')} AND (position(raw, '\\\\') = 0 AND position(raw, 'null') = 0 AND position(raw, '{}') = 0 OR ${hit(BARE)} AND NOT ${HOLLOW})`
  return {
    sure: `(${tops} OR ${bare}${odd === undefined ? '' : ` AND NOT ${odd}`})`,
    possible: `(${tops} OR ${hit('raw')}${odd === undefined ? '' : ` OR ${odd}`})`,
  }
}
