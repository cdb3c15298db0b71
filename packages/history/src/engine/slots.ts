/** Hands out a fixed number of slots; who finds none waits in turn. */
export class Slots {
  readonly #free: number[]
  readonly #waiting: ((slot: number) => void)[] = []

  constructor(size: number) {
    this.#free = Array.from({ length: size }, (_, i) => i)
  }

  async take(): Promise<number> {
    const slot = this.#free.pop()
    return slot ?? new Promise(resolve => this.#waiting.push(resolve))
  }

  give(slot: number): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#free.push(slot)
    else next(slot)
  }
}
