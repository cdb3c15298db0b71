/** Whoever sends may choose which pairs there are, but not which of them meet in the table. */
const [FIRST, SECOND] = crypto.getRandomValues(new Uint32Array(2)).map(random => random | 1) as unknown as [
  number,
  number,
]

/** A small number for each pair of numbers met: an open-addressing hash table. */
export class Pairs {
  /** Pairs met. */
  size = 0
  #firsts: Int32Array = new Int32Array(32)
  #seconds: Int32Array = new Int32Array(32)
  /** A pair's number plus one; 0 where there is none. */
  #table: Int32Array = new Int32Array(64)

  /** The number of a pair. */
  of(first: number, second: number): number {
    const table = this.#table
    const mask = table.length - 1
    let at = place(first, second) & mask
    for (let found = table[at]!; found !== 0; found = table[at]!) {
      if (this.#firsts[found - 1] === first && this.#seconds[found - 1] === second) return found - 1
      at = (at + 1) & mask
    }
    return this.#add(first, second, at)
  }

  first(number: number): number {
    return this.#firsts[number]!
  }

  second(number: number): number {
    return this.#seconds[number]!
  }

  clear(): void {
    this.size = 0
    this.#table.fill(0)
  }

  #add(first: number, second: number, at: number): number {
    if (this.size === this.#firsts.length) {
      this.#grow()
      return this.of(first, second)
    }
    const number = this.size++
    this.#firsts[number] = first
    this.#seconds[number] = second
    this.#table[at] = number + 1
    return number
  }

  #grow(): void {
    const firsts = new Int32Array(this.size * 2)
    const seconds = new Int32Array(this.size * 2)
    firsts.set(this.#firsts)
    seconds.set(this.#seconds)
    const table = new Int32Array(this.#table.length * 2)
    const mask = table.length - 1
    for (let number = 0; number < this.size; number++) {
      let at = place(firsts[number]!, seconds[number]!) & mask
      while (table[at] !== 0) at = (at + 1) & mask
      table[at] = number + 1
    }
    this.#firsts = firsts
    this.#seconds = seconds
    this.#table = table
  }
}

function place(first: number, second: number): number {
  const mixed = Math.imul(first, FIRST) + Math.imul(second, SECOND)
  return (mixed ^ (mixed >>> 15)) >>> 0
}
