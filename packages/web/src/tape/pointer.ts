import type { LitElement, ReactiveController } from 'lit'
import { session } from '../page/session.ts'
import type { Film } from './film.ts'
import { type Painter, PITCH } from './painter.ts'
import { OTHER_ROWS } from './rows.ts'

/** Pixels a pointer must move to mean a span and not a mark. */
const DRAG = 5
/** Columns around the pointer where a mark is still meant. */
const REACH = 3

/** What the pointer does over the tape: hover shows, click pins, drag chooses a span of time. */
export class Pointer implements ReactiveController {
  /** The cell under the pointer that has marks. */
  cell: { column: number; row: number } | undefined
  /** The span being dragged. */
  dragged: { from: number; to: number } | undefined
  /** The tape stands still while dragging: its time then. */
  heldAt: number | undefined
  /** In CSS pixels, within the canvas. */
  x = 0
  readonly #host: LitElement
  #inside = false
  #y = 0
  #film: Film | undefined
  #painter: Painter | undefined
  #now = 0
  #rowHeight = 1
  #start: { x: number; time: number } | undefined

  constructor(host: LitElement) {
    this.#host = host
    host.addController(this)
  }

  hostUpdated(): void {
    const canvas = this.#host.renderRoot.querySelector('canvas')
    if (!canvas || canvas.onpointermove) return
    canvas.onpointermove = event => this.#moved(event)
    canvas.onpointerdown = event => this.#pressed(event)
    canvas.onpointerup = event => this.#released(event)
    canvas.onpointercancel = () => this.#left()
    canvas.onpointerleave = () => {
      if (!this.#start) this.#left()
    }
  }

  /** Once a frame: the marks move under a pointer that stands still. */
  place(film: Film, painter: Painter, now: number, rowHeight: number): void {
    this.#film = film
    this.#painter = painter
    this.#now = now
    this.#rowHeight = rowHeight
    const before = this.cell
    this.cell = this.#inside && !this.dragged ? this.#under() : undefined
    if (before?.column !== this.cell?.column || before?.row !== this.cell?.row) this.#host.requestUpdate()
  }

  /** CSS pixels from the left of a column. */
  at(column: number): number {
    return this.#film && this.#painter ? this.#painter.x(this.#film, this.#now, column * this.#film.bins.step) : 0
  }

  #under(): { column: number; row: number } | undefined {
    const film = this.#film
    if (!film) return undefined
    const row = Math.floor(this.#y / this.#rowHeight)
    if (row < 0 || row >= film.rows.length) return undefined
    const column = film.bins.nearest(
      Math.floor((this.#time(this.x - PITCH / 2) + film.bins.step / 2) / film.bins.step),
      row,
      REACH,
    )
    return column === undefined ? undefined : { column, row }
  }

  #time(x: number): number {
    const film = this.#film
    const canvas = this.#host.renderRoot.querySelector('canvas')
    return film && canvas ? this.#now - ((canvas.clientWidth - x) / PITCH) * film.bins.step : 0
  }

  #moved(event: PointerEvent): void {
    this.#inside = true
    this.x = event.offsetX
    this.#y = event.offsetY
    if (!this.#start) return
    if (!this.dragged && Math.abs(event.offsetX - this.#start.x) < DRAG) return
    const time = Math.min(this.#time(event.offsetX), this.#now)
    this.dragged = { from: Math.min(time, this.#start.time), to: Math.max(time, this.#start.time) }
    this.#host.requestUpdate()
  }

  #pressed(event: PointerEvent): void {
    if (event.button !== 0) return
    this.#moved(event)
    this.#start = { x: event.offsetX, time: this.#time(event.offsetX) }
    if (event.pointerType !== 'touch') {
      this.heldAt = session.now
      ;(event.target as Element).setPointerCapture(event.pointerId)
    }
  }

  #released(event: PointerEvent): void {
    const dragged = this.dragged
    if (!this.#start) return
    this.#start = this.dragged = this.heldAt = undefined
    if (dragged && dragged.to - dragged.from >= 1) {
      session.go({ range: { kind: 'between', from: Math.floor(dragged.from), to: Math.ceil(dragged.to) } })
      return
    }
    this.#moved(event)
    const cell = this.#under()
    if (cell) void this.#pin(cell)
  }

  /** Pins the newest event of a cell; one that is no longer held here is asked for. */
  async #pin({ column, row }: { column: number; row: number }): Promise<void> {
    const film = this.#film!
    const mark = film.markAt(column, row)
    const event = mark === undefined ? undefined : session.feed.marks.event(mark)
    if (event) session.pin(event)
    else
      await session.pinFrom(
        film.rows[row]!.name,
        film.rows.map(({ name }) => name).filter(name => name !== OTHER_ROWS),
        column * film.bins.step,
        (column + 1) * film.bins.step,
      )
  }

  #left(): void {
    this.#inside = false
    this.#start = this.dragged = this.heldAt = undefined
  }
}
