/**
 * What one sender sends in pieces, one behind the other, and is told how much of: what is journaled of it must be a
 * beginning without holes. Once a piece could not be journaled, none behind it is.
 */
export class Strand {
  #broken: Error | undefined

  /** Why nothing more of it is journaled; undefined while it may be. */
  get broken(): Error | undefined {
    return this.#broken
  }

  break(error: Error): void {
    this.#broken ??= error
  }
}
