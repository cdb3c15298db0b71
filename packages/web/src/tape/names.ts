/** Names as small codes. Code 0 is what everything beyond `limit` becomes. */
export class Names {
  readonly #codes = new Map<string, number>()
  readonly #names: string[] = ['(others)']
  readonly #limit: number

  constructor(limit = 4096) {
    this.#limit = limit
  }

  code(name: string): number {
    const known = this.#codes.get(name)
    if (known !== undefined) return known
    if (this.#names.length >= this.#limit) return 0
    this.#codes.set(name, this.#names.length)
    return this.#names.push(name) - 1
  }

  name(code: number): string {
    return this.#names[code] ?? '(others)'
  }

  /** How many codes there are, 0 included. */
  get size(): number {
    return this.#names.length
  }
}
