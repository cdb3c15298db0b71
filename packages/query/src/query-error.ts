/** Why a text or a tree is no query. */
export interface QueryError {
  /** What was found and what was expected, in one sentence. */
  readonly message: string
  /** Where in the text, in UTF-16 units from 0. For a tree that had no text: 0. */
  readonly position: number
  /** The way out, where there is an obvious one. */
  readonly hint?: string
}

/** Thrown inside this package only; its edges turn it into a {@link QueryError}. */
export class Refusal extends Error {
  readonly error: QueryError

  constructor(message: string, position: number, hint?: string) {
    super(message)
    this.error = hint === undefined ? { message, position } : { message, position, hint }
  }
}

/** A piece of the user's text for a message, cut where it is long. */
export function quoted(text: string): string {
  const shown = text.length > 40 ? `${text.slice(0, 39)}…` : text
  return `"${shown}"`
}
