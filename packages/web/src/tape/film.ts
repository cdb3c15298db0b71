import { OTHERS, type Palette, type Swatch } from '../colour/palette.ts'
import { OWN, OWN_NAME } from '../text/own.ts'
import { Bins } from './bins.ts'
import type { Marks } from './marks.ts'
import { arrange, OTHER_ROWS, type Row } from './rows.ts'

/** Colours a column can hold; types beyond share the last. */
const COLOURS = 40

export interface FilmOptions {
  readonly columns: number
  /** ms the whole width shows. */
  readonly span: number
  readonly rows: 'type' | 'host'
  readonly maxRows: number
}

/** What the tape shows now: which rows, and the counts behind each mark. Knows no canvas. */
export class Film {
  rows: Row[] = []
  bins: Bins
  /** The type and swatch of each colour number. */
  readonly colours: { type: string; swatch: Swatch }[] = []
  readonly #marks: Marks
  readonly #palette: Palette
  readonly #options: FilmOptions
  readonly #colourOf = new Map<number, number>()
  readonly #rowOf = new Map<number, number>()
  #taken = 0
  #missing = false

  constructor(marks: Marks, palette: Palette, options: FilmOptions, now: number, before: readonly string[] = []) {
    this.#marks = marks
    this.#palette = palette
    this.#options = options
    this.bins = new Bins(options.columns, 1, COLOURS, options.span / options.columns, now)
    this.arrange(now, before)
  }

  /** Chooses and sorts the rows by what is on the tape now, and counts everything anew. */
  arrange(now: number, before: readonly string[] = this.rows.map(row => row.name)): void {
    const { columns, span, maxRows } = this.#options
    const byCode = this.#counted(now - span)
    this.#meet(now - span)
    const named = [...byCode].map(([code, count]) => [this.#name(code), count] as const)
    // Beside anything else, what Telltale says of itself and its machine is one row: it would hide the rest.
    const fold = this.#options.rows === 'type' && named.some(([name]) => !OWN.test(name))
    const shown = fold ? named.filter(([name]) => !OWN.test(name)) : named
    this.rows = arrange(new Map(shown), maxRows, before)
    const own = fold ? named.reduce((sum, [name, count]) => sum + (OWN.test(name) ? count : 0), 0) : 0
    if (own > 0) this.rows.push({ name: OWN_NAME, count: own })
    this.#rowOf.clear()
    this.bins = new Bins(columns, maxRows + 2, COLOURS, span / columns, now)
    this.#taken = Math.max(0, this.#marks.pushed - this.#marks.capacity)
    this.take(now, false)
    this.#missing = false
  }

  /** Puts what came since on the tape, and counts it to its row unless it is already. @returns whether, since rows were chosen, one is missing that there would be room for */
  take(now: number, counting = true): boolean {
    this.bins.advance(now)
    const marks = this.#marks
    const codes = this.#codes
    for (let n = Math.max(this.#taken, marks.pushed - marks.capacity); n < marks.pushed; n++) {
      const at = n & (marks.capacity - 1)
      const row = this.#row(codes[at]!)
      if (row === undefined) this.#missing = true
      else {
        this.bins.add(marks.time[at]!, row, this.#colour(marks.type[at]!), marks.weight[at]!)
        if (counting) this.rows[row]!.count += marks.weight[at]!
      }
    }
    this.#taken = marks.pushed
    return this.#missing
  }

  /** How many marks it has put on the tape, of all ever pushed. */
  get taken(): number {
    return this.#taken
  }

  /** Events per second of a row over the ten seconds before `now`. */
  perSecond(name: string, now: number): number {
    for (const [code, count] of this.#counted(now - 10_000)) if (this.#name(code) === name) return count / 10
    return 0
  }

  /** The newest mark of a cell, by its number in the ring. */
  markAt(column: number, row: number): number | undefined {
    const marks = this.#marks
    const codes = this.#codes
    let best: number | undefined
    for (let n = marks.pushed - 1; n >= Math.max(0, marks.pushed - marks.capacity); n--) {
      const at = n & (marks.capacity - 1)
      if (this.bins.column(marks.time[at]!) !== column || this.#row(codes[at]!) !== row) continue
      if (marks.event(n)) return n
      best ??= n
    }
    return best
  }

  /** Counts by type of one cell, most first. */
  cell(column: number, row: number): { type: string; swatch: Swatch; count: number }[] {
    const counts = this.bins.cell(this.bins.slot(column), row)
    return [...counts]
      .flatMap((count, i) => (count > 0 && this.colours[i] ? [{ ...this.colours[i], count }] : []))
      .sort((a, b) => b.count - a.count)
  }

  get #codes(): Uint16Array {
    return this.#options.rows === 'type' ? this.#marks.type : this.#marks.host
  }

  #row(code: number): number | undefined {
    const known = this.#rowOf.get(code)
    if (known !== undefined) return known
    const name = this.#name(code)
    const own = this.#options.rows === 'type' && OWN.test(name)
    let row = this.rows.findIndex(row => row.name === name || (own && row.name === OWN_NAME))
    if (row < 0 && !own) row = this.rows.findIndex(row => row.name === OTHER_ROWS)
    if (row < 0) return undefined
    this.#rowOf.set(code, row)
    return row
  }

  #colour(code: number): number {
    const known = this.#colourOf.get(code)
    if (known !== undefined) return known
    const type = this.#marks.types.name(code)
    const room = this.colours.length < COLOURS - 1
    const colour = room ? this.colours.length : COLOURS - 1
    this.colours[colour] ??= room ? { type, swatch: this.#palette.of(type) } : { type: 'others', swatch: OTHERS }
    this.#colourOf.set(code, colour)
    return colour
  }

  /** Gives colours to the most frequent types together, so that it does not matter which came first. */
  #meet(since: number): void {
    const { types, type } = this.#marks
    const most = [...this.#counted(since, type)].sort(([, a], [, b]) => b - a).slice(0, COLOURS)
    this.#palette.meet(most.map(([code]) => types.name(code)))
  }

  #name(code: number): string {
    return (this.#options.rows === 'type' ? this.#marks.types : this.#marks.hosts).name(code)
  }

  /** Events since a time, by the code of their row. */
  #counted(since: number, codes: Uint16Array = this.#codes): Map<number, number> {
    const marks = this.#marks
    const counts = new Map<number, number>()
    for (let n = Math.max(0, marks.pushed - marks.capacity); n < marks.pushed; n++) {
      const at = n & (marks.capacity - 1)
      if (marks.time[at]! >= since) counts.set(codes[at]!, (counts.get(codes[at]!) ?? 0) + marks.weight[at]!)
    }
    return counts
  }
}
