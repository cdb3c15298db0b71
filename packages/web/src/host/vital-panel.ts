import { css, html, LitElement, type nothing, type PropertyValues, type TemplateResult } from 'lit'
import '../answer/answer-table.ts'
import '../answer/line-graph.ts'
import type { Answer, Refusal } from '../api/request.ts'
import { everyLine, shapeOf } from '../ask/pivot.ts'
import { rangeAt, rangeQuestion } from '../page/address.ts'
import { session } from '../page/session.ts'
import { sheet } from '../page/sheet.ts'
import { bucketFor, span } from '../text/format.ts'
import type { Vital } from './vitals.ts'

/** One vital of one host: its query stays subscribed while the panel is shown. Its title opens the query. */
export class VitalPanel extends LitElement {
  static override styles = [
    sheet,
    css`
      :host {
        --graph-height: 150px;
      }
      header {
        display: flex;
        align-items: baseline;
        gap: 8px;
        margin-bottom: 6px;
      }
      header h2 {
        flex: none;
      }
      header button {
        font-size: 14px;
        font-weight: 650;
      }
      header button:hover {
        color: var(--accent);
        text-decoration: underline;
        text-underline-offset: 3px;
      }
      header span {
        overflow: hidden;
        font-size: 12px;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      .none {
        display: grid;
        place-items: center;
        min-height: 150px;
        font-size: 13px;
        text-align: center;
      }
    `,
  ]
  static override properties = {
    vital: { attribute: false },
    host: {},
    range: { attribute: false },
    answer: { state: true },
    refused: { state: true },
  }
  declare vital: Vital
  declare host: string
  declare range: { readonly from: string | number; readonly to?: number }
  declare answer: Answer | undefined
  declare refused: Refusal | undefined
  #stop = () => {}
  #asked = ''
  #step = 0
  #query = ''

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#stop()
    this.#asked = ''
  }

  protected override willUpdate(_: PropertyValues): void {
    const { range } = session.place
    const { from, to } = rangeAt(range, 0)
    this.#step = Math.max(10_000, bucketFor(to - from, 150))
    this.#query = this.vital.query(this.host, span(this.#step))
    const question = { query: this.#query, ...(this.vital.now ? { from: '-1m' } : rangeQuestion(range)) }
    const asked = JSON.stringify(question)
    if (asked === this.#asked) return
    this.#asked = asked
    this.#stop()
    this.answer = this.refused = undefined
    this.#stop = session.live.subscribe(question, {
      answer: answer => {
        this.answer = answer
        this.refused = undefined
      },
      refused: refusal => {
        this.refused = refusal
      },
    })
  }

  protected override render(): TemplateResult {
    const { vital, answer } = this
    return html`<header>
        <h2><button class="plain" title="Open as a query" @click=${() => this.#open()}>${vital.title}</button></h2>
        <span class="muted">${vital.note}</span>
      </header>
      ${answer && answer.rows.length > 0 ? this.#drawn(answer) : html`<p class="none muted">${this.#why()}</p>`}`
  }

  #drawn(answer: Answer): TemplateResult {
    if (this.vital.kind === 'table')
      return html`<answer-table .answer=${answer} .query=${this.#query} .pick=${false}></answer-table>`
    return html`<line-graph .lines=${everyLine(answer, shapeOf(answer, this.#query), this.#step)} .unit=${this.vital.unit} .within=${rangeAt(session.place.range, Date.now())} latest></line-graph>`
  }

  #why(): string | typeof nothing {
    if (this.refused) return this.refused.message
    return this.answer ? 'Not measured on this machine in this range.' : 'Asking…'
  }

  #open(): void {
    session.go({ view: 'live', query: this.#query })
  }
}
customElements.define('vital-panel', VitalPanel)
