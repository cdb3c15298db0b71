import { css, html, LitElement, nothing, type TemplateResult } from 'lit'
import { rangeText } from '../page/address.ts'
import { session } from '../page/session.ts'
import { sheet } from '../page/sheet.ts'
import { Follow } from '../page/topic.ts'
import { moment, span, timeOfDay } from '../text/format.ts'

const RANGES = [300_000, 900_000, 3_600_000, 21_600_000, 86_400_000, 604_800_000]

/** How far back the query looks, or which two times it looks between. */
export class RangePicker extends LitElement {
  static override styles = [
    sheet,
    css`
      .row {
        display: flex;
        flex-wrap: wrap;
        gap: 8px;
      }
      select,
      input {
        height: 40px;
        padding: 0 8px;
        border: 1px solid var(--rule-strong);
        border-radius: 6px;
        background: var(--raised);
        font-size: 13px;
        font-weight: 550;
      }
      input {
        width: 200px;
        height: 34px;
        font: 12px var(--mono);
      }
      .between {
        display: inline-flex;
        align-items: center;
        gap: 10px;
        height: 40px;
        padding: 0 4px 0 12px;
        border: 1px solid var(--accent);
        border-radius: 6px;
        background: var(--accent-wash);
        font-size: 13px;
        white-space: nowrap;
      }
      .between button {
        height: 30px;
        padding: 0 8px;
        color: var(--accent);
        font-weight: 600;
      }
      .custom {
        display: flex;
        flex-wrap: wrap;
        gap: 6px 8px;
        align-items: center;
        font-size: 13px;
      }
    `,
  ]
  static override properties = { custom: { state: true } }
  declare custom: boolean

  constructor() {
    super()
    this.custom = false
    new Follow(this, () => session.changed)
  }

  protected override render(): TemplateResult {
    const { range } = session.place
    if (this.custom) return this.#form()
    if (range.kind === 'between') {
      const sameDay = new Date(range.from).toDateString() === new Date().toDateString()
      const at = (ms: number) => (sameDay ? timeOfDay(ms) : moment(ms))
      return html`<span class="between num" title=${rangeText(range)}>${at(range.from)} – ${at(range.to)}
        <button class="plain" type="button" @click=${() => this.#last(900_000)} aria-label="Back to the last 15 minutes">Back to now</button></span>`
    }
    const odd = !RANGES.includes(range.ms)
    return html`<select aria-label="Range of the query" @change=${(event: Event) => this.#chosen((event.target as HTMLSelectElement).value)}>
      ${RANGES.map(ms => html`<option value=${String(ms)} ?selected=${ms === range.ms}>last ${span(ms)}</option>`)}
      ${odd ? html`<option value=${String(range.ms)} selected>last ${span(range.ms)}</option>` : nothing}
      <option value="custom">between…</option>
    </select>`
  }

  #form(): TemplateResult {
    const now = Date.now()
    const field = (name: string, ms: number) =>
      html`<label>${name} <input type="datetime-local" step="1" name=${name} .value=${moment(ms).replace(' ', 'T')} required /></label>`
    return html`<div class="custom">${field('from', now - 3_600_000)} ${field('to', now)}
      <button class="button" type="button" @click=${() => this.#use()}>Use</button>
      <button class="plain muted" type="button" @click=${() => {
        this.custom = false
      }}>Cancel</button></div>`
  }

  #chosen(value: string): void {
    if (value === 'custom') this.custom = true
    else this.#last(Number(value))
  }

  #last(ms: number): void {
    session.go({ range: { kind: 'last', ms } })
  }

  #use(): void {
    const field = (name: string) => this.renderRoot.querySelector<HTMLInputElement>(`input[name=${name}]`)!
    const fields = [field('from'), field('to')] as const
    const [from, to] = fields.map(({ value }) => Date.parse(value)) as [number, number]
    fields[0].setCustomValidity(from >= to ? 'From must be before to.' : '')
    if (!fields.every(each => each.reportValidity())) return
    this.custom = false
    session.go({ range: { kind: 'between', from, to } })
  }
}
customElements.define('range-picker', RangePicker)
