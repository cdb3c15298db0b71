import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit'
import { hasClause } from '../ask/clause.ts'
import { chip, chipStyle } from '../colour/chip.ts'
import { session } from '../page/session.ts'
import { sheet } from '../page/sheet.ts'
import { Follow } from '../page/topic.ts'
import { count, rate, span } from '../text/format.ts'
import { OWN, OWN_NAME } from '../text/own.ts'
import { Film } from './film.ts'
import { type Look, Painter, PITCH } from './painter.ts'
import { Pointer } from './pointer.ts'
import { OTHER_ROWS } from './rows.ts'
import { tapeStyle } from './tape-style.ts'
import { tip } from './tip.ts'

const SPANS = [60_000, 300_000, 900_000, 3_600_000]
/** How often rows are counted and sorted anew, ms. */
const ARRANGE = 5000
/** As long, where a row is missing. An empty tape does not wait. */
const SOON = 400

/** Every event a mark, newest at the right edge, moving left as time passes. */
export class TapeView extends LitElement {
  static override styles = [sheet, chipStyle, tapeStyle]
  readonly #pointer = new Pointer(this)
  readonly #still = matchMedia('(prefers-reduced-motion: reduce)')
  #film: Film | undefined
  #painter: Painter | undefined
  #frame = 0
  #arrangedAt = 0
  #version = -1
  #shape = ''
  /** Of the canvas. */
  #width = 0
  /** Of canvas, labels and figures together: the canvas alone grows where labels move onto it. */
  #room = 0
  #resized = new ResizeObserver(entries => {
    for (const { target, contentRect } of entries) {
      if (target.classList.contains('film')) this.#room = contentRect.width
      else this.#width = Math.floor(contentRect.width)
    }
  })

  constructor() {
    super()
    new Follow(this, () => session.changed)
    new Follow(this, () => session.feed.counted, 500)
  }

  override connectedCallback(): void {
    super.connectedCallback()
    this.#frame = requestAnimationFrame(this.#draw)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    cancelAnimationFrame(this.#frame)
    this.#resized.disconnect()
    this.#painter = undefined
  }

  protected override firstUpdated(_: PropertyValues): void {
    for (const part of ['.film', '.screen']) this.#resized.observe(this.renderRoot.querySelector(part)!)
  }

  get #compact(): boolean {
    return this.#room < 820
  }

  get #rowHeight(): number {
    return this.#compact ? 34 : 26
  }

  /** The browser does not call while the page is hidden: the tape then rests, and counts anew when it is back. */
  readonly #draw = (): void => {
    this.#frame = requestAnimationFrame(this.#draw)
    const canvas = this.renderRoot.querySelector('canvas')
    if (!canvas || this.#width < 30) return
    this.#painter ??= new Painter(canvas)
    const real = this.#pointer.heldAt ?? session.now
    const film = this.#current(real)
    const shape = `${this.#width} ${film.rows.length} ${this.#rowHeight} ${devicePixelRatio}`
    if (shape !== this.#shape) {
      this.#shape = shape
      this.#painter.resize(this.#width, Math.max(1, film.rows.length), this.#rowHeight, devicePixelRatio)
      this.requestUpdate()
    }
    const now = this.#still.matches ? Math.floor(real / 1000) * 1000 : real
    const { range } = session.place
    const selection = this.#pointer.dragged ?? (range.kind === 'between' ? range : undefined)
    this.#pointer.place(film, this.#painter, now, this.#rowHeight)
    this.#painter.frame(film, now, this.#look(), { selection, cursor: this.#pointer.cell })
  }

  #current(now: number): Film {
    const { feed, place, palette, pausedAt } = session
    const columns = Math.floor(this.#width / PITCH)
    const shape = `${columns} ${place.span} ${place.rows} ${this.#compact}`
    if (!this.#film || this.#filmShape !== shape) {
      this.#filmShape = shape
      const maxRows = this.#compact ? 8 : 12
      this.#film = new Film(
        feed.marks,
        palette,
        { columns, span: (columns * place.span) / (this.#width / PITCH), rows: place.rows, maxRows },
        now,
      )
      this.#arrangedAt = now
      this.#version = feed.version
      this.requestUpdate()
    }
    const film = this.#film
    const still = pausedAt !== undefined || this.#pointer.heldAt !== undefined
    const missing = still ? false : film.take(now)
    const wait = !missing ? ARRANGE : film.rows.length > 0 ? SOON : 0
    const due = !still && now - this.#arrangedAt >= wait && !(this.#pointer.cell && !missing)
    if (due || this.#version !== feed.version) {
      this.#version = feed.version
      this.#arrangedAt = now
      film.arrange(now)
      this.requestUpdate()
    }
    return film
  }
  #filmShape = ''
  #looked: Look | undefined
  #lookedAt = 0

  #look(): Look {
    if (this.#looked && performance.now() - this.#lookedAt < 1000) return this.#looked
    this.#lookedAt = performance.now()
    const style = getComputedStyle(this)
    const of = (name: string) => style.getPropertyValue(name)
    this.#looked = { lane: of('--film-lane'), rule: of('--film-rule'), muted: of('--film-muted'), font: of('--mono') }
    return this.#looked
  }

  protected override render(): TemplateResult {
    const { feed, place, pausedAt } = session
    const total = feed.rates.reduce((sum, type) => sum + type.perSecond, 0)
    const waiting = pausedAt === undefined ? 0 : Math.max(0, feed.marks.pushed - (this.#film?.taken ?? 0))
    return html`
      <header>
        <h2>Tape</h2>
        <p class="muted lead">Each mark is an event, as it happens. <span class="wide">Click one to read it; drag to ask about a span.</span></p>
        <span class="total num" title="events per second, over the last ten seconds"><b>${rate(total)}</b> events/s</span>
        <div class="choices" role="group" aria-label="A row is a">
          ${(['type', 'host'] as const).map(
            rows =>
              html`<button aria-pressed=${place.rows === rows} @click=${() => session.go({ rows })}>by ${rows}</button>`,
          )}
        </div>
        <div class="choices" role="group" aria-label="Span of the tape">
          ${SPANS.map(ms => html`<button aria-pressed=${place.span === ms} @click=${() => session.go({ span: ms })}>${span(ms)}</button>`)}
        </div>
        <button class="button pause" aria-pressed=${pausedAt !== undefined} title="Space" @click=${() => session.pause()}>
          ${pausedAt === undefined ? 'Pause' : waiting > 0 ? `Resume (${count(waiting)} new)` : 'Resume'}
        </button>
      </header>
      <div class=${`film ${this.#compact ? 'compact' : ''} ${pausedAt === undefined ? '' : 'paused'}`}>
        <div class="labels">${this.#film?.rows.map(row => this.#label(row.name))}</div>
        <div class="screen">
          <canvas role="img" aria-label=${this.#described()} ></canvas>
          ${tip(this.#film, this.#pointer, this.#rowHeight, this.#width)}
          ${this.#empty()}
        </div>
        <div class="figures num">${this.#film?.rows.map(row => this.#figures(row.name, row.count))}</div>
      </div>
    `
  }

  #label(name: string): TemplateResult {
    const { place, palette } = session
    const field = place.rows === 'type' ? 'type' : 'hostname'
    if (name === OTHER_ROWS) return html`<span class="label"><span class="name">everything else</span></span>`
    const clause = session.clauseOf(field, name)
    const on = hasClause(place.query, clause)
    return html`<button class="label" aria-pressed=${on} title=${on ? 'Show all again' : `Only ${field} ${name}`} @click=${() => session.toggleClause(clause)}>
      ${place.rows === 'type' ? chip(palette.of(name)) : nothing}<span class="name">${name}</span>
    </button>`
  }

  #figures(name: string, counted: number): TemplateResult {
    const { feed, place } = session
    const perSecond =
      place.rows === 'type'
        ? feed.rates.reduce(
            (sum, { type, perSecond }) =>
              type === name || (name === OWN_NAME && OWN.test(type)) ? sum + perSecond : sum,
            0,
          )
        : this.#film?.perSecond(name, session.now)
    return html`<span class="figure"><b title="on the tape">${count(counted)}</b><span title="per second">${name === OTHER_ROWS ? '' : `${rate(perSecond ?? 0)}/s`}</span></span>`
  }

  #described(): string {
    const rows = this.#film?.rows ?? []
    const said = rows.slice(0, 5).map(row => `${row.name} ${row.count}`)
    return `Events of the last ${span(session.place.span)}: ${said.length > 0 ? said.join(', ') : 'none'}`
  }

  #empty(): TemplateResult | typeof nothing {
    const { feed, live, place } = session
    if (feed.marks.size > 0) return nothing
    if (live.state === 'locked')
      return html`<p class="empty">This Telltale shows its events to those who have its token.</p>`
    if (live.state !== 'live') return html`<p class="empty">Waiting for Telltale to answer…</p>`
    if (feed.refused) return html`<p class="empty">The query was not understood, so there is nothing to show.</p>`
    if (!feed.ready) return html`<p class="empty">Asking…</p>`
    return html`<p class="empty">No event in the last ${span(place.span)}${place.query === '' ? '' : ' passes this filter'}. The next one appears here, at the right edge.</p>`
  }
}
customElements.define('tape-view', TapeView)
