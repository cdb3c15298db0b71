import { check } from './check.ts'
import { Cursor } from './cursor.ts'
import { freeze } from './freeze.ts'
import { lex } from './lexer.ts'
import { StageParser } from './parse-stages.ts'
import { type QueryError, Refusal } from './query-error.ts'
import type { Query } from './tree.ts'

/** A text read: either a query or why it is none. */
export type Parsed =
  | { readonly query: Query; readonly error?: undefined }
  | { readonly query?: undefined; readonly error: QueryError }

/**
 * Reads a query. Never throws, whatever the text. The query is frozen and has passed {@link check}; an empty text asks
 * for every event.
 */
export function parse(text: string): Parsed {
  try {
    const positions = new Map<object, number>()
    const query = new StageParser(new Cursor(lex(text)), positions).query()
    const error = check(query, positions)
    return error === undefined ? { query: freeze(query) } : { error }
  } catch (refusal) {
    if (refusal instanceof Refusal) return { error: refusal.error }
    throw refusal
  }
}
