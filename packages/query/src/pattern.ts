import { RE2JS } from 're2js'

/** Longest pattern taken, in UTF-16 units. */
export const PATTERN_LENGTH = 1000

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
    for (let i = 0; i < chars.length; ) {
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
