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

  give(bytes: number): void {
    this.#taken -= bytes
  }
}
