import { RE2JS } from 're2js'

/** Longest pattern taken, in UTF-16 units. */
export const PATTERN_LENGTH = 1000

/** `*` any run of characters, `?` any one code point; the whole text must match; case counts. Linear time but for `*…*…`, which is n × m. */
export function globTest(pattern: string): (text: string) => boolean {
  const parts = [...pattern]
  return text => {
    const chars = [...text]
    let p = 0
    let star = -1
    let resume = 0
    for (let i = 0; i < chars.length; ) {
      if (p < parts.length && parts[p] === '*') {
        star = p++
        resume = i
      } else if (p < parts.length && (parts[p] === '?' || parts[p] === chars[i])) {
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
  const regex = RE2JS.compile(pattern)
  return text => regex.matcher(text).find()
}

/** Why a pattern is no RE2 pattern; undefined where it is one. */
export function regexProblem(pattern: string): string | undefined {
  if (pattern.length > PATTERN_LENGTH) return `it has ${pattern.length} characters, at most ${PATTERN_LENGTH} are taken`
  try {
    RE2JS.compile(pattern)
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}
