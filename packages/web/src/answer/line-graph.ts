import { css, html, LitElement, nothing, type PropertyValues, type TemplateResult, unsafeCSS } from 'lit'
import uPlot from 'uplot'
import plotStyle from 'uplot/dist/uPlot.min.css?inline'
import type { Lines } from '../ask/pivot.ts'
import { OTHERS, SWATCHES, type Swatch } from '../colour/palette.ts'
import { session } from '../page/session.ts'
import { sheet } from '../page/sheet.ts'
import { styled } from '../page/styled.ts'
import { Topic } from '../page/topic.ts'
import { bytes, moment, number } from '../text/format.ts'

/** Light or dark was switched: what is drawn on a canvas must be drawn again. */
export const lookChanged: Topic = new Topic()

/** Lines over time. Drag chooses a span. */
export class LineGraph extends LitElement {
  static override styles = [
    sheet,
    unsafeCSS(plotStyle),
    css`
      .plot {
        height: var(--graph-height, 220px);
      }
      .key {
        display: flex;
        flex-wrap: wrap;
        gap: 2px 14px;
        min-height: 20px;
        margin-top: 4px;
        font: 12px var(--mono);
      }
      .key span {
        display: inline-flex;
        align-items: center;
        gap: 6px;
        max-width: 100%;
        overflow-wrap: anywhere;
      }
      .key i {
        flex: none;
        width: 12px;
        height: 3px;
        border-radius: 2px;
      }
      .key b {
        font-weight: 600;
      }
      .key .when {
        color: var(--muted);
      }
      .u-select {
        background: color-mix(in srgb, var(--accent) 18%, transparent);
      }
      .u-cursor-x,
      .u-cursor-y {
        border-color: var(--rule-strong);
      }
    `,
  ]
  static override properties = {
    lines: { attribute: false },
    within: { attribute: false },
    divide: { type: Number },
    unit: {},
    latest: { type: Boolean },
    at: { state: true },
  }
  declare lines: Lines
  /** The times the graph goes from and to, ms, though nothing may have happened at its ends. */
  declare within: { readonly from: number; readonly to: number } | undefined
  /** Values are divided by this: 5 for counts of five seconds shown per second. */
  declare divide: number
  declare unit: string
  /** Without a pointer, the key shows the newest values. */
  declare latest: boolean
  declare at: number | undefined
  #plot: uPlot | undefined
  #shape = ''
  #stop = () => {}
  #resized = new ResizeObserver(() => this.#fit())

  constructor() {
    super()
    this.divide = 1
    this.unit = ''
  }

  override connectedCallback(): void {
    super.connectedCallback()
    this.#resized.observe(this)
    this.#stop = lookChanged.follow(() => {
      this.#shape = ''
      this.requestUpdate()
    })
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#resized.disconnect()
    this.#stop()
    this.#plot?.destroy()
    this.#plot = undefined
    this.#shape = ''
  }

  protected override render(): TemplateResult {
    const { times, lines, hidden } = this.lines
    session.palette.all(lines.flatMap(({ type }) => type ?? []))
    const at = this.at ?? (this.latest ? times.length - 1 : undefined)
    return html`<div class="plot" role="img" aria-label=${`Graph of ${lines.map(line => line.label).join(', ')}`}></div>
      <div class="key num">
        ${this.at !== undefined && at !== undefined && times[at] !== undefined ? html`<span class="when">${moment(times[at])}</span>` : nothing}
        ${lines.map((line, i) => {
          const value = at === undefined ? undefined : line.values[at]
          return html`<span><i style=${styled({ background: this.#colour(i) })}></i>${line.label}${value === undefined ? nothing : html` <b>${value === null ? '–' : this.#shown(value / this.divide)}</b>`}</span>`
        })}
        ${hidden > 0 ? html`<span class="when">and ${hidden} more in the table</span>` : nothing}
      </div>`
  }

  protected override updated(_: PropertyValues): void {
    const { times, lines } = this.lines
    const shape = JSON.stringify([lines.map(line => line.label), this.divide])
    const data = [
      times.map(ms => ms / 1000),
      ...lines.map(line => line.values.map(value => (value === null ? null : value / this.divide))),
    ]
    if (shape === this.#shape && this.#plot) {
      this.#plot.setData(data as uPlot.AlignedData)
      return
    }
    this.#shape = shape
    this.#plot?.destroy()
    const box = this.renderRoot.querySelector<HTMLElement>('.plot')!
    this.#plot = new uPlot(this.#options(box), data as uPlot.AlignedData, box)
  }

  #shown(value: number): string {
    if (this.unit.startsWith('bytes')) return `${bytes(value)}${this.unit.slice(5)}`
    return `${number(Number(value.toPrecision(3)))}${this.unit === 'percent' ? ' %' : ''}`
  }

  #swatch(i: number): Swatch {
    const { type, rest } = this.lines.lines[i]!
    if (rest) return OTHERS
    return type === undefined ? SPREAD[i % SPREAD.length]! : session.palette.of(type)
  }

  #colour(i: number): string {
    return document.documentElement.dataset['theme'] === 'dark' ? this.#swatch(i).film : this.#swatch(i).paper
  }

  #options(box: HTMLElement): uPlot.Options {
    const style = getComputedStyle(this)
    const of = (name: string) => style.getPropertyValue(name)
    const axis = {
      stroke: of('--muted'),
      font: `11px ${of('--mono')}`,
      grid: { stroke: of('--rule'), width: 1 },
      ticks: { show: false },
    }
    return {
      width: box.clientWidth,
      height: box.clientHeight,
      padding: [10, 22, 0, 0],
      legend: { show: false },
      cursor: { y: false, drag: { x: true, y: false, setScale: false }, points: { size: 7 } },
      scales: {
        x: {
          time: true,
          range: (_, from, to) => (this.within ? [this.within.from / 1000, this.within.to / 1000] : [from, to]),
        },
        y: { range: (_, low, high) => [Math.min(0, low), high > 0 ? high * 1.08 : 1] },
      },
      axes: [
        { ...axis, size: 28, values: CLOCK, space: 80 },
        { ...axis, size: 64, values: (_, splits) => splits.map(n => this.#shown(n)) },
      ],
      series: [
        {},
        ...this.lines.lines.map((line, i) => ({
          label: line.label,
          stroke: this.#colour(i),
          width: 1.5,
          points: { show: this.lines.times.length < 3 },
        })),
      ],
      hooks: {
        setCursor: [
          plot => {
            this.at = plot.cursor.idx ?? undefined
          },
        ],
        setSelect: [plot => this.#selected(plot)],
      },
    }
  }

  #selected(plot: uPlot): void {
    if (plot.select.width < 4) return
    const from = Math.floor(plot.posToVal(plot.select.left, 'x') * 1000)
    const to = Math.ceil(plot.posToVal(plot.select.left + plot.select.width, 'x') * 1000)
    plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false)
    session.go({ range: { kind: 'between', from, to } })
  }

  #fit(): void {
    const box = this.renderRoot.querySelector<HTMLElement>('.plot')
    if (box && this.#plot && box.clientWidth > 0)
      this.#plot.setSize({ width: box.clientWidth, height: box.clientHeight })
  }
}

/** Lines without a type take colours in this order. */
const SPREAD: readonly Swatch[] = [
  'blue',
  'orange',
  'teal',
  'magenta',
  'lime',
  'violet',
  'sky',
  'brown',
  'rose',
  'indigo',
  'slate',
].map(name => SWATCHES.find(swatch => swatch.name === name)!)

/** 24-hour times; the date where a day begins. Columns are uPlot's: increment, then what changes at a year, month … */
const CLOCK: uPlot.Axis.Values = [
  [86400, '{YYYY}-{MM}-{DD}', null, null, null, null, null, null, 1],
  [3600, '{HH}:{mm}', '\n{MM}-{DD}', null, null, null, null, null, 1],
  [60, '{HH}:{mm}', null, null, null, null, null, null, 1],
  [1, '{HH}:{mm}:{ss}', null, null, null, null, null, null, 1],
  [0.001, '{HH}:{mm}:{ss}.{fff}', null, null, null, null, null, null, 1],
]

customElements.define('line-graph', LineGraph)
