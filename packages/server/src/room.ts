/** A number of bytes that many share: whoever finds no room must do without. */
export class Room {
  readonly most: number
  #taken = 0

  constructor(most: number) {
    this.most = most
  }

  /** @returns whether there was room */
  take(bytes: number): boolean {
    if (this.#taken + bytes > this.most) return false
    this.#taken += bytes
    return true
  }

  /** For what is there already: it counts also where there is no room. */
  hold(bytes: number): void {
    this.#taken += bytes
  }

  give(bytes: number): void {
    this.#taken -= bytes
  }
}
