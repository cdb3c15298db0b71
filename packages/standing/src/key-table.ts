/**
 * What is kept by key, at most so much: beyond, something that was not used lately goes, and is counted. (The
 * second-chance clock, Corbató 1968: what was used since the hand last went by is passed over once.)
 */
export class KeyTable<T extends { used: boolean }> {
  readonly entries: Map<string, T> = new Map()
  /** How much had to go. */
  evicted = 0
  /** How many it holds at most; may be lowered, and holds from the next one added on. */
  most: number
  readonly #left: (entry: T) => void

  /** @param left told of what had to go */
  constructor(most: number, left: (entry: T) => void = () => {}) {
    this.most = most
    this.#left = left
  }

  get(text: string): T | undefined {
    const entry = this.entries.get(text)
    if (entry !== undefined) entry.used = true
    return entry
  }

  add(text: string, entry: T): T {
    while (this.entries.size >= this.most && this.entries.size > 0) this.#evict()
    this.entries.set(text, entry)
    return entry
  }

  remove(text: string): void {
    this.entries.delete(text)
  }

  #evict(): void {
    for (const [text, entry] of this.entries) {
      this.entries.delete(text)
      if (!entry.used) {
        this.evicted++
        this.#left(entry)
        return
      }
      entry.used = false
      this.entries.set(text, entry)
    }
  }
}
