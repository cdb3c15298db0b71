import { css, html, LitElement, nothing, type TemplateResult } from 'lit'
import type { Answer } from '../api/request.ts'
import { type Shape, shapeOf } from '../ask/pivot.ts'
import { chip, chipStyle } from '../colour/chip.ts'
import { session } from '../page/session.ts'
import { sheet } from '../page/sheet.ts'
import { styled } from '../page/styled.ts'
import { cell, count, moment } from '../text/format.ts'

const MOST = 500

/** Rows as they came. Without a time bucket the first number of each row has a bar behind it, so that the eye ranks them. */
export class AnswerTable extends LitElement {
  static override styles = [
    sheet,
    chipStyle,
    css`
      .scroll {
        overflow: auto;
        max-height: 420px;
        border-top: 1px solid var(--rule);
      }
      table {
        width: 100%;
        border-collapse: collapse;
        font: 12px/1.4 var(--mono);
      }
      th {
        position: sticky;
        top: 0;
        z-index: 1;
        padding: 5px 10px 5px 2px;
        background: var(--sheet);
        color: var(--muted);
        font-weight: 600;
        text-align: left;
        box-shadow: inset 0 -1px var(--rule);
        white-space: nowrap;
      }
      th button {
        font: inherit;
      }
      th button:hover {
        color: var(--accent);
      }
      th[aria-sort='descending'] button::after {
        content: ' ↓';
      }
      th[aria-sort='ascending'] button::after {
        content: ' ↑';
      }
      td {
        padding: 3px 10px 3px 2px;
        border-bottom: 1px solid var(--rule);
        overflow-wrap: anywhere;
      }
      .value {
        text-align: right;
        white-space: nowrap;
      }
      .bars {
        width: 34%;
      }
      .bar {
        display: block;
        height: 10px;
        min-width: 1px;
        border-radius: 2px;
        background: var(--accent);
      }
      td button {
        display: inline-flex;
        align-items: center;
        gap: 6px;
        font: inherit;
        overflow-wrap: anywhere;
      }
      td button:hover {
        color: var(--accent);
        text-decoration: underline;
        text-underline-offset: 3px;
      }
      .short {
        white-space: nowrap;
      }
      .key {
        min-width: 14ch;
      }
      .none,
      .rest {
        padding: 10px 2px;
      }
    `,
  ]
  static override properties = {
    sorted: { state: true },
    answer: { attribute: false },
    query: {},
    pick: { attribute: false },
  }
  declare answer: Answer
  /** What was asked. */
  declare query: string
  /** Whether a click on a value asks for it. */
  declare pick: boolean
  /** A column the reader sorts by; absent: as the answer came. */
  declare sorted: { readonly column: number; readonly descending: boolean } | undefined

  constructor() {
    super()
    this.pick = true
  }

  protected override render(): TemplateResult {
    const { columns, rows } = this.answer
    if (rows.length === 0) return html`<p class="none muted">Nothing matched in this range.</p>`
    const shape = shapeOf(this.answer, this.query)
    const { values, time } = shape
    const ranked = time < 0 && rows.length > 1 ? values[0] : undefined
    const top = ranked === undefined ? 0 : Math.max(...rows.map(row => Number(row[ranked]) || 0))
    const ordered = this.#ordered(time)
    const behind = (i: number, bar: () => TemplateResult) => (i === ranked ? bar() : nothing)
    return html`<div class="scroll" tabindex="0" role="region" aria-label="Rows of the answer"><table>
      <thead><tr>${columns.map(({ name }, i) => html`<th class=${values.includes(i) ? 'value' : ''} scope="col" aria-sort=${this.#sortOf(i)}><button class="plain" title="Sort" @click=${() => this.#sort(i, values.includes(i))}>${name}</button></th>${behind(i, () => html`<th aria-hidden="true"></th>`)}`)}</tr></thead>
      <tbody>
        ${ordered.slice(0, MOST).map(
          row => html`<tr>
            ${row.map((value, i) => html`${this.#cell(value, i, shape)}${behind(i, () => html`<td class="bars" aria-hidden="true">${this.#bar(row, i, top)}</td>`)}`)}
          </tr>`,
        )}
      </tbody>
    </table></div>
    ${rows.length > MOST ? html`<p class="rest muted">${count(rows.length - MOST)} more rows. Add <code>| limit ${MOST}</code> or a sort to choose which.</p>` : nothing}`
  }

  /** Buckets newest first, all else as it came, unless the reader sorts. */
  #ordered(time: number): Answer['rows'] {
    const { rows } = this.answer
    const { sorted } = this
    if (!sorted) return time < 0 ? rows : rows.toReversed()
    const { column, descending } = sorted
    return rows.toSorted((a, b) => compare(a[column], b[column]) * (descending ? -1 : 1))
  }

  #sortOf(column: number): 'ascending' | 'descending' | 'none' {
    if (this.sorted?.column !== column) return 'none'
    return this.sorted.descending ? 'descending' : 'ascending'
  }

  #sort(column: number, number: boolean): void {
    const again = this.sorted?.column === column
    this.sorted = { column, descending: again ? !this.sorted!.descending : number }
  }

  #cell(value: unknown, column: number, { values, time }: Shape): TemplateResult {
    if (values.includes(column)) return html`<td class="value num">${cell(value)}</td>`
    if (column === time) return html`<td class="num">${moment(Number(value))}</td>`
    const short = String(value).length < 28
    return html`<td class=${short ? 'short' : 'key'}>${this.#key(this.answer.columns[column]!.name, value)}</td>`
  }

  #key(name: string, value: unknown): TemplateResult {
    // A number that is a key is a name: 6255 is a process, not a quantity.
    const text = typeof value === 'number' ? String(value) : cell(value)
    if (!this.pick || (typeof value === 'object' && value !== null)) return html`${text}`
    return html`<button class="plain" title="Only these" @click=${() => session.toggle(name, value)}>${name === 'type' && value !== null ? chip(session.palette.of(String(value))) : nothing}${text}</button>`
  }

  #bar(row: readonly unknown[], ranked: number, top: number): TemplateResult {
    const type = this.answer.columns.findIndex(({ name }) => name === 'type')
    const swatch = type < 0 ? undefined : session.palette.of(String(row[type]))
    const dark = document.documentElement.dataset['theme'] === 'dark'
    const width = top > 0 ? Math.max(0, (100 * (Number(row[ranked]) || 0)) / top) : 0
    return html`<span class="bar" style=${styled({ width: `${width}%`, ...(swatch && { background: dark ? swatch.film : swatch.paper }) })}></span>`
  }
}
/** Numbers by size, all else by text, what is missing last. */
function compare(a: unknown, b: unknown): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1
  return cell(a) < cell(b) ? -1 : cell(a) > cell(b) ? 1 : 0
}

customElements.define('answer-table', AnswerTable)
