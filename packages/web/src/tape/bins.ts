/**
 * The tape as counts: a ring of columns, each a fixed span of time aligned to the epoch; in each column a count per
 * row and colour. A column keeps its slot for life, so a painter draws it once and only moves it afterwards.
 */
export class Bins {
  readonly columns: number
  readonly rows: number
  readonly colours: number
  /** ms a column. */
  readonly step: number
  readonly #counts: Uint32Array
  readonly #dirty: Uint8Array
  /** Number of the newest column, since the epoch. */
  #head: number

  constructor(columns: number, rows: number, colours: number, step: number, now: number) {
    this.columns = columns
    this.rows = rows
    this.colours = colours
    this.step = step
    this.#counts = new Uint32Array(columns * rows * colours)
    this.#dirty = new Uint8Array(columns).fill(1)
    this.#head = Math.floor(now / step)
  }

  get head(): number {
    return this.#head
  }

  /** Which column a time falls in; a time ahead of us by a crooked clock falls in the newest. Undefined: scrolled away. */
  column(time: number): number | undefined {
    const column = Math.min(Math.floor(time / this.step), this.#head)
    return column > this.#head - this.columns ? column : undefined
  }

  add(time: number, row: number, colour: number, weight = 1): void {
    const column = this.column(time)
    if (column === undefined) return
    const slot = this.slot(column)
    this.#counts[(slot * this.rows + row) * this.colours + colour]! += weight
    this.#dirty[slot] = 1
  }

  /** Moves to `now`; columns that come free are emptied. */
  advance(now: number): void {
    const head = Math.floor(now / this.step)
    const fresh = Math.min(head - this.#head, this.columns)
    for (let i = 0; i < fresh; i++) {
      const slot = this.slot(head - i)
      this.#counts.fill(0, slot * this.rows * this.colours, (slot + 1) * this.rows * this.colours)
      this.#dirty[slot] = 1
    }
    if (head > this.#head) this.#head = head
  }

  slot(column: number): number {
    return ((column % this.columns) + this.columns) % this.columns
  }

  /** Counts per colour of one cell; a live view, not a copy. */
  cell(slot: number, row: number): Uint32Array {
    const at = (slot * this.rows + row) * this.colours
    return this.#counts.subarray(at, at + this.colours)
  }

  /** Calls back for each column changed since it was last asked, and forgets it. */
  eachDirty(paint: (slot: number) => void): void {
    for (let slot = 0; slot < this.columns; slot++) {
      if (this.#dirty[slot] === 0) continue
      this.#dirty[slot] = 0
      paint(slot)
    }
  }

  /** The non-empty column of a row nearest to `column`, at most `reach` away. */
  nearest(column: number, row: number, reach: number): number | undefined {
    for (let away = 0; away <= reach; away++) {
      for (const at of away === 0 ? [column] : [column + away, column - away]) {
        if (at > this.#head || at <= this.#head - this.columns) continue
        if (this.cell(this.slot(at), row).some(n => n > 0)) return at
      }
    }
    return undefined
  }
}
