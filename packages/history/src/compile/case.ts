import { fold } from '@telltale/query'

/**
 * Where ClickHouse's case-insensitive search and the language's folding agree. The engine knows each letter's one lower
 * and one upper case, of an older Unicode; letters whose cases are not such a pair, and younger scripts, are out.
 */
const PAIRS = /^[\u0000-\u00ff\u0100-\u0130\u0132-\u0148\u014a-\u017e\u0386-\u03c9\u0400-\u045f]*$/u
const ODD = new Set('µåıſςθω')

/** Letters elsewhere whose lower case is an ASCII letter. */
const STRANGERS: Readonly<Record<string, string>> = { i: 'İ', k: '\u212a' }

export interface Searchable {
  /** Lower case, and such that the engine finds it wherever the language does, but for {@link strangers}. */
  readonly text: string
  /** The needle is more than `text`: only the reference can tell whether a hit is one. */
  readonly part: boolean
  /** Letters that stand for one of the needle's: rows that hold them only the reference can judge. */
  readonly strangers: readonly string[]
}

/** What of a needle the engine can look for. */
export function searchable(needle: string): Searchable {
  const folded = fold(needle)
  let best = ''
  let run = ''
  for (const char of folded) {
    run = agreed(char) ? run + char : ''
    if (run.length > best.length) best = run
  }
  return {
    text: best,
    part: best !== folded,
    strangers: Object.keys(STRANGERS).flatMap(letter => (best.includes(letter) ? [STRANGERS[letter]!] : [])),
  }
}

function agreed(char: string): boolean {
  if (ODD.has(char)) return false
  return PAIRS.test(char) || (char.toLowerCase() === char.toUpperCase() && fold(char) === char)
}
