import { OTHERS } from '../colour/palette.ts'
import { tickStep, timeOfDay } from '../text/format.ts'
import type { Film } from './film.ts'

/** CSS pixels from one column to the next; the mark itself leaves a gap. */
export const PITCH = 3
const MARK = 2.25
export const AXIS = 22
/** Events in one column that fill a row's height. */
const FULL = 40

export interface Look {
  readonly lane: string
  readonly rule: string
  readonly muted: string
  readonly font: string
}

/** What is drawn over the marks. Times in ms. */
export interface Overlay {
  readonly selection?: { readonly from: number; readonly to: number } | undefined
  readonly cursor?: { readonly column: number; readonly row: number } | undefined
}

/**
 * Draws a film on a canvas. Each column is painted once into a ring of columns beside the screen and again only when
 * its counts change; a frame moves the ring in two pieces. So a frame costs the same for ten marks and for a million.
 */
export class Painter {
  readonly #canvas: HTMLCanvasElement
  readonly #ring = document.createElement('canvas')
  readonly #context: CanvasRenderingContext2D
  readonly #ringContext: CanvasRenderingContext2D
  #film: Film | undefined
  #bins: unknown
  #width = 0
  #rowHeight = 0
  #ratio = 1
  #drawn = ''

  constructor(canvas: HTMLCanvasElement) {
    this.#canvas = canvas
    this.#context = canvas.getContext('2d')!
    this.#ringContext = this.#ring.getContext('2d')!
  }

  /** Sizes in CSS pixels. */
  resize(width: number, rows: number, rowHeight: number, ratio: number): void {
    this.#width = width
    this.#rowHeight = rowHeight
    this.#ratio = ratio
    this.#canvas.width = Math.round(width * ratio)
    this.#canvas.height = Math.round((rows * rowHeight + AXIS) * ratio)
    this.#bins = undefined
    this.#drawn = ''
  }

  /** `now` is the time at the right edge. */
  frame(film: Film, now: number, look: Look, overlay: Overlay): void {
    const changed = this.#paintColumns(film)
    const offset = Math.round((now / film.bins.step - film.bins.head) * PITCH * this.#ratio)
    const { selection, cursor } = overlay
    const key = `${film.bins.head} ${offset} ${selection?.from} ${selection?.to} ${cursor?.column} ${cursor?.row} ${look.lane}`
    if (!changed && key === this.#drawn) return
    this.#drawn = key
    const { width, height } = this.#canvas
    this.#context.clearRect(0, 0, width, height)
    this.#lanes(film, look)
    this.#axis(film, now, look)
    this.#move(film, offset)
    this.#over(film, now, overlay)
  }

  /** Where a time is, in CSS pixels from the left. */
  x(film: Film, now: number, time: number): number {
    return this.#width - ((now - time) / film.bins.step) * PITCH
  }

  #paintColumns(film: Film): boolean {
    const { bins } = film
    const ratio = this.#ratio
    if (this.#film !== film || this.#bins !== bins) {
      this.#film = film
      this.#bins = bins
      this.#ring.width = Math.ceil(bins.columns * PITCH * ratio)
      this.#ring.height = Math.max(1, Math.ceil(film.rows.length * this.#rowHeight * ratio))
    }
    let changed = false
    bins.eachDirty(slot => {
      changed = true
      const x = Math.round(slot * PITCH * ratio)
      this.#ringContext.clearRect(x, 0, Math.round((slot + 1) * PITCH * ratio) - x, this.#ring.height)
      for (let row = 0; row < film.rows.length; row++) this.#paintCell(film, slot, row, x)
    })
    return changed
  }

  /** A mark: its height says how many (logarithmic), its colours which, in their proportions. */
  #paintCell(film: Film, slot: number, row: number, x: number): void {
    const counts = film.bins.cell(slot, row)
    let total = 0
    for (const n of counts) total += n
    if (total === 0) return
    const room = (this.#rowHeight - 5) * this.#ratio
    const height = room * Math.min(1, 0.46 + 0.54 * (Math.log2(total) / Math.log2(FULL)))
    const width = Math.max(1, Math.round(MARK * this.#ratio))
    let y = Math.round((row * this.#rowHeight + 2.5) * this.#ratio + (room + height) / 2)
    for (let colour = 0; colour < counts.length; colour++) {
      const n = counts[colour]!
      if (n === 0) continue
      // However rare, each colour there is gets a pixel: a single exception among a thousand page loads is seen.
      const part = Math.max(this.#ratio, Math.round((n / total) * height))
      this.#ringContext.fillStyle = film.colours[colour]?.swatch.film ?? OTHERS.film
      this.#ringContext.fillRect(x, y - part, width, part)
      y -= part
    }
  }

  #move(film: Film, offset: number): void {
    const { bins } = film
    const ring = this.#ring
    if (film.rows.length === 0 || ring.height === 0) return
    const cut = Math.round((bins.slot(bins.head) + 1) * PITCH * this.#ratio)
    // The newest column ends `offset` before the edge's next column: it grows in as time passes.
    const right = this.#canvas.width - offset + Math.round(PITCH * this.#ratio)
    const older = ring.width - cut
    if (cut > 0) this.#context.drawImage(ring, 0, 0, cut, ring.height, right - cut, 0, cut, ring.height)
    if (older > 0) this.#context.drawImage(ring, cut, 0, older, ring.height, right - ring.width, 0, older, ring.height)
  }

  #lanes(film: Film, look: Look): void {
    const ratio = this.#ratio
    this.#context.fillStyle = look.lane
    for (let row = 0; row < film.rows.length; row += 2) {
      this.#context.fillRect(0, row * this.#rowHeight * ratio, this.#canvas.width, this.#rowHeight * ratio)
    }
  }

  #axis(film: Film, now: number, look: Look): void {
    const ratio = this.#ratio
    const span = (this.#width / PITCH) * film.bins.step
    const step = tickStep(span, Math.max(3, Math.floor(this.#width / 110)))
    const bottom = film.rows.length * this.#rowHeight * ratio
    this.#context.font = `${11 * ratio}px ${look.font}`
    this.#context.textAlign = 'center'
    this.#context.textBaseline = 'middle'
    for (let time = Math.floor(now / step) * step; time > now - span; time -= step) {
      const x = Math.round(this.x(film, now, time) * ratio)
      this.#context.fillStyle = look.rule
      this.#context.fillRect(x, 0, Math.max(1, Math.round(ratio)), bottom + 4 * ratio)
      if (x < 24 * ratio || x > this.#canvas.width - 50 * ratio) continue
      this.#context.fillStyle = look.muted
      this.#context.fillText(timeOfDay(time, step < 60_000 ? 'second' : 'minute'), x, bottom + (AXIS / 2 + 2) * ratio)
    }
    this.#context.fillStyle = look.muted
    this.#context.textAlign = 'right'
    this.#context.fillText('now', this.#canvas.width - 4 * ratio, bottom + (AXIS / 2 + 2) * ratio)
  }

  #over(film: Film, now: number, { selection, cursor }: Overlay): void {
    const ratio = this.#ratio
    const height = film.rows.length * this.#rowHeight * ratio
    if (selection) {
      const [left, right] = [this.x(film, now, selection.from) * ratio, this.x(film, now, selection.to) * ratio]
      this.#context.fillStyle = 'rgb(87 201 189 / 0.18)'
      this.#context.fillRect(left, 0, right - left, height)
      this.#context.fillStyle = '#57c9bd'
      for (const x of [left, right]) this.#context.fillRect(Math.round(x), 0, Math.max(1, ratio), height)
    }
    if (cursor) {
      const x = this.x(film, now, cursor.column * film.bins.step) * ratio
      this.#context.strokeStyle = '#ffffff'
      this.#context.lineWidth = ratio
      this.#context.strokeRect(
        x - 1.5 * ratio,
        cursor.row * this.#rowHeight * ratio + ratio,
        (MARK + 3) * ratio,
        (this.#rowHeight - 2) * ratio,
      )
    }
  }
}
