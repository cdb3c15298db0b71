/**
 * What varies between two occurrences of the same thing, in the order it is looked for. Knows no system; a word with
 * digits in it is taken for a name with a number (`worker-17`, `blk_38865`, `order_4711`), so only its digits go.
 */
const PARTS: readonly RegExp[] = [
  // UUIDs
  /\b[\da-fA-F]{8}-[\da-fA-F]{4}-[\da-fA-F]{4}-[\da-fA-F]{4}-[\da-fA-F]{12}\b/,
  // e-mail addresses
  /\b[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+/,
  // dates with names of months, as in `Mon Jan 12 10:11:12 2026`
  /\b(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? )?(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]* {1,2}\d{1,2}\b(?:,? \d{4}\b)?(?:,? \d\d:\d\d(?::\d\d)?)?(?: \d{4}\b)?/,
  // host names that can't be taken for files or classes, with a port
  /(?<![\w.-])(?:[\w-]{1,63}\.){1,9}(?:com|net|org|edu|gov|mil|info|cloud|local|internal|lan)(?:\.[a-z]{2})?\b(?![.\w-])(?::\d+)?/,
  // MAC and other addresses of hexadecimal pairs
  /\b(?:[\da-fA-F]{2}[:-]){5,}[\da-fA-F]{2}\b/,
  // IPv6 addresses, with a port
  /(?<![\w:])\[?(?:[\da-fA-F]{0,4}:){2,7}[\da-fA-F]{0,4}(?:%\w+)?\]?(?::\d+)?(?![\w:])/,
  // addresses of objects and other hexadecimal: 0x…, @1b2c3d, six or more digits one of which is 0 to 9
  /0x[\da-fA-F]+/,
  /@[\da-f]{5,16}\b/,
  /\b(?=[a-fA-F]*\d)[\da-fA-F]{6,}\b/,
  // long words of digits and both cases: base64, session and API keys
  /\b(?=[a-zA-Z_-]{0,40}\d)(?=[A-Z\d_-]{0,40}[a-z])(?=[a-z\d_-]{0,40}[A-Z])[\w-]{24,}={0,2}/,
  // numbers with signs, points, and what joins them in dates, times, addresses, versions and ratios
  /[-+]?\d+(?:[.,:/-]\d+)*(?:[eE][-+]?\d+)?/,
]
const VARIABLE = new RegExp(PARTS.map(part => part.source).join('|'), 'g')

/** Lists of variable parts count as one, however long; so do words with such parts that only repeat. */
const LIST = /\*(?:(?:, ?|; ?| )\*)+/g
const REPEATED = /(?<!\S)([\w-]{0,60}\*)(?: \1)+(?!\S)/g
/** Lines that only vary say nothing: addresses in a trace. */
const VARYING_LINE = /(?:^|\n)[ \t]*\*[ \t]*(?=\n|$)/g

/** The text with everything that varies replaced by `*`: equal for two occurrences of the same thing. */
export function mask(text: string): string {
  return text.replace(VARIABLE, '*').replace(LIST, '*').replace(REPEATED, '$1').replace(VARYING_LINE, '')
}
