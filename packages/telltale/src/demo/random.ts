/**
 * Reproducible randomness: sfc32 (Chris Doty-Humphrey's Small Fast Counting generator, PractRand), seeded from a text. The same
 * text gives the same numbers on every machine; different texts give independent streams, so that a part of the shop
 * that draws more does not shift what the others draw.
 */
export class Random {
  #a: number
  #b: number
  #c: number
  #counter = 1

  constructor(seed: string) {
    this.#a = hash(seed, 0x9e3779b9)
    this.#b = hash(seed, 0x243f6a88)
    this.#c = hash(seed, 0xb7e15162)
    for (let i = 0; i < 15; i++) this.next()
  }

  /** From 0 up to but not including 1. */
  next(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#counter) | 0
    this.#counter = (this.#counter + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0
    return (sum >>> 0) / 2 ** 32
  }

  between(low: number, high: number): number {
    return low + (high - low) * this.next()
  }

  /** A whole number from 0 up to but not including the bound. */
  below(bound: number): number {
    return Math.floor(this.next() * bound)
  }

  chance(probability: number): boolean {
    return this.next() < probability
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!
  }

  /** Mean 0, deviation 1 (Box and Muller). */
  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.next())) * Math.cos(2 * Math.PI * this.next())
  }

  /** How long things take: never negative, now and then much longer. */
  logNormal(median: number, sigma: number): number {
    return median * Math.exp(sigma * this.normal())
  }

  /** How many of something happen where so many are expected (Knuth; by the normal approximation above 30). */
  poisson(mean: number): number {
    if (mean > 30) return Math.max(0, Math.round(mean + Math.sqrt(mean) * this.normal()))
    const limit = Math.exp(-mean)
    let count = 0
    for (let product = this.next(); product > limit; product *= this.next()) count++
    return count
  }
}

/** Draws items with the given weights. */
export function weighted<T>(items: readonly T[], weight: (item: T, rank: number) => number): (random: Random) => T {
  const sums: number[] = []
  let total = 0
  for (const [rank, item] of items.entries()) {
    total += weight(item, rank)
    sums.push(total)
  }
  return random => {
    const mark = random.next() * total
    let low = 0
    let high = items.length - 1
    while (low < high) {
      const middle = (low + high) >> 1
      if (sums[middle]! > mark) high = middle
      else low = middle + 1
    }
    return items[low]!
  }
}

/** Draws items so that the k-th is k^s times rarer than the first (Zipf), as visitors do with pages. */
export function zipf<T>(items: readonly T[], s: number): (random: Random) => T {
  return weighted(items, (_, rank) => (rank + 1) ** -s)
}

/** FNV-1a with a murmur finish: 32 bits of a text. */
function hash(text: string, basis: number): number {
  let h = basis
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}
