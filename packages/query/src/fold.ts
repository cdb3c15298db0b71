/** The letters whose lower case JavaScript makes by their neighbours, or by two code points. */
const SPECIAL = /[Σİ]/

/**
 * The text without its case: Unicode's simple lower-case mapping, each code point on its own (so no final sigma, and
 * İ is i), as ClickHouse's lower-casing search does.
 */
export function fold(text: string): string {
  return SPECIAL.test(text) ? text.replace(/Σ/g, 'σ').replace(/İ/g, 'i').toLowerCase() : text.toLowerCase()
}

/** A test for the needle anywhere in a text, regardless of case: what a bare word of a query does to each text of an event. */
export function likeText(needle: string): (text: string) => boolean {
  const folded = fold(needle)
  return text => fold(text).includes(folded)
}
