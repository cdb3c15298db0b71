/** Where each row's seq comes from: stretches of rows whose seqs rise by one. Rows are only ever added. */
export class Runs {
  readonly #rows: number[] = []
  /** Of the first row of each; 0 where they have none. */
  readonly #seqs: number[] = []
  readonly #collectors: string[] = []

  /** Says that from this row on seqs start at `seq`. */
  add(row: number, seq: number, collector: string): void {
    const last = this.#rows.length - 1
    if (last >= 0 && this.#collectors[last] === collector && (this.#seqs[last] !== 0) === (seq !== 0)) {
      if (seq === 0 || this.#seqs[last]! + row - this.#rows[last]! === seq) return
    }
    this.#rows.push(row)
    this.#seqs.push(seq)
    this.#collectors.push(collector)
  }

  /** The row's seq; 0 where it has none. */
  seq(row: number): number {
    const run = this.#run(row)
    const seq = this.#seqs[run]!
    return seq === 0 ? 0 : seq + row - this.#rows[run]!
  }

  collector(row: number): string {
    return this.#collectors[this.#run(row)]!
  }

  /** Calls with each stretch: its rows from start (inclusive) to end (exclusive), and the seq of its first. */
  each(length: number, call: (start: number, end: number, seq: number) => void): void {
    for (let i = 0; i < this.#rows.length && this.#rows[i]! < length; i++)
      call(this.#rows[i]!, this.#end(i, length), this.#seqs[i]!)
  }

  /** The least and the greatest seq of `length` rows; a row without one counts as 0. */
  span(length: number): { low: number; high: number } {
    let low = Number.POSITIVE_INFINITY
    let high = 0
    for (let i = 0; i < this.#rows.length && this.#rows[i]! < length; i++) {
      const first = this.#seqs[i]!
      const last = first === 0 ? 0 : first + this.#end(i, length) - this.#rows[i]! - 1
      if (first < low) low = first
      if (last > high) high = last
    }
    return { low, high }
  }

  /** The first of `length` rows that has a seq above this. */
  firstAbove(seq: number, length: number): number {
    if (seq === Number.POSITIVE_INFINITY) return length
    for (let i = 0; i < this.#rows.length && this.#rows[i]! < length; i++) {
      const start = this.#rows[i]!
      const end = this.#end(i, length)
      const first = this.#seqs[i]!
      if (first > 0 && first + end - start - 1 > seq) return Math.max(start, start + seq - first + 1)
    }
    return length
  }

  get byteLength(): number {
    return this.#rows.length * 24
  }

  /** Where a stretch ends, of `length` rows: those that came later are not looked at. */
  #end(run: number, length: number): number {
    return Math.min(this.#rows[run + 1] ?? length, length)
  }

  #run(row: number): number {
    const rows = this.#rows
    let low = 0
    let high = rows.length - 1
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if (rows[middle]! <= row) low = middle
      else high = middle - 1
    }
    return low
  }
}
