import { RE2JS } from 're2js'
import { worked } from './limits.ts'

/** Longest pattern taken, in UTF-16 units. */
export const PATTERN_LENGTH = 1000
/** What the regular expressions of a query may come to together, in instructions of RE2: `x{999}` is 1,001 of them. */
export const PROGRAM = 10_000

/** `*` any run of characters, `?` any one code point; the whole text must match; case counts. At worst the product of both lengths. */
export function globTest(pattern: string): (text: string) => boolean {
  if (pattern.includes('?')) return wildcardTest([...pattern])
  const [head = '', ...rest] = pattern.split('*')
  const tail = rest.pop()
  if (tail === undefined) return text => text === pattern
  return text => {
    if (!text.startsWith(head) || !text.endsWith(tail)) return false
    const end = text.length - tail.length
    let at = head.length
    for (const part of rest) {
      const found = text.indexOf(part, at)
      if (found < 0) return false
      at = found + part.length
    }
    return at <= end
  }
}

/** Goes back to the last star only: what came before it can stay as it is. */
function wildcardTest(parts: readonly string[]): (text: string) => boolean {
  return text => {
    const chars = [...text]
    let p = 0
    let star = -1
    let resume = 0
    for (let i = 0, steps = 0; i < chars.length; ) {
      if ((++steps & 0xffff) === 0) worked(500)
      if (parts[p] === '*') {
        star = p++
        resume = i
      } else if (parts[p] === '?' || parts[p] === chars[i]) {
        p++
        i++
      } else if (star >= 0) {
        p = star + 1
        i = ++resume
      } else return false
    }
    while (parts[p] === '*') p++
    return p === parts.length
  }
}

/** RE2, found anywhere in the text; `.` is not a line break unless (?s). Linear time. Throws where {@link regexProblem} says so. */
export function regexTest(pattern: string): (text: string) => boolean {
  const regex = compiled(pattern)
  return text => {
    worked(1 + (text.length >> 6))
    return regex.matcher(text).find()
  }
}

/** How many instructions a pattern comes to; or why it is no RE2 pattern. */
export function regexSize(pattern: string): number | string {
  if (pattern.length > PATTERN_LENGTH) return `it has ${pattern.length} characters, at most ${PATTERN_LENGTH} are taken`
  try {
    return compiled(pattern).programSize()
  } catch (error) {
    return (error as Error).message
  }
}

/** Why a pattern is no RE2 pattern; undefined where it is one. */
export function regexProblem(pattern: string): string | undefined {
  const size = regexSize(pattern)
  return typeof size === 'string' ? size : undefined
}

/** Compiling takes milliseconds, and happens at parsing, checking and evaluating. */
const known = new Map<string, RE2JS>()
const KNOWN = 64

function compiled(pattern: string): RE2JS {
  let regex = known.get(pattern)
  if (regex !== undefined) return regex
  regex = RE2JS.compile(pattern)
  if (regex.programSize() > PROGRAM) return regex
  const [oldest] = known.keys()
  if (known.size >= KNOWN) known.delete(oldest!)
  known.set(pattern, regex)
  return regex
}
