import { css, html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit'
import type { Answer } from '../api/request.ts'
import { pivot, type Shape, shapeOf, whole } from '../ask/pivot.ts'
import { rangeAt } from '../page/address.ts'
import { session } from '../page/session.ts'
import { sheet } from '../page/sheet.ts'
import { Follow } from '../page/topic.ts'
import { count, number, span, timeOfDay } from '../text/format.ts'
import { OWN, OWN_NAME } from '../text/own.ts'
import './answer-table.ts'
import './line-graph.ts'

/** Who asks is told from then on for how long, ms. */
const PATIENCE = 2000

/** The answer to the query: a graph where there is time in it, a ranking where there is none, one figure where there is one. */
export class AnswerView extends LitElement {
  static override styles = [
    sheet,
    css`
      header {
        display: flex;
        flex-wrap: wrap;
        align-items: baseline;
        gap: 4px 12px;
        min-height: 22px;
        margin-bottom: 6px;
      }
      .stats {
        margin-left: auto;
        font-size: 12px;
      }
      .big {
        display: flex;
        flex-wrap: wrap;
        gap: 8px 40px;
        padding: 14px 0;
        border-top: 1px solid var(--rule);
      }
      .big b {
        display: block;
        font-size: 36px;
        font-weight: 600;
        letter-spacing: -0.02em;
        line-height: 1.15;
      }
      .big span {
        font: 12px var(--mono);
        color: var(--muted);
      }
      .graph {
        padding-bottom: 8px;
        border-top: 1px solid var(--rule);
        padding-top: 8px;
      }
      .none {
        padding: 24px 2px;
        border-top: 1px solid var(--rule);
      }
      .none button {
        margin-left: 6px;
        color: var(--accent);
        font-weight: 600;
      }
      .uncovered {
        color: var(--warn);
      }
    `,
  ]
  static override properties = { shown: { state: true } }
  /** Which of several aggregates the graph shows. */
  declare shown: number
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor() {
    super()
    this.shown = 0
    new Follow(this, () => session.answers.changed)
    new Follow(this, () => session.changed)
  }

  protected override render(): TemplateResult {
    const { answers } = session
    const { answer } = answers
    return html`
      <header>
        <h2>${answers.ofEvents ? 'Events per second' : 'Answer'}</h2>
        ${answer && !answers.ofEvents ? this.#choice(answer) : nothing}
        <span class="stats muted num">${answer ? this.#stats(answer) : nothing}</span>
      </header>
      ${answer ? this.#body(answer) : html`<p class="none muted">${this.#why()}</p>`}
    `
  }

  protected override updated(_: PropertyValues): void {
    clearTimeout(this.#timer)
    if (session.answers.waiting) this.#timer = setTimeout(() => this.requestUpdate(), 1000)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    clearTimeout(this.#timer)
  }

  #why(): TemplateResult | string {
    const { answers, live } = session
    if (answers.refused) return 'No answer: see the message under the query.'
    if (!answers.waiting) return 'Stopped. Ask again for an answer.'
    if (live.state !== 'live' && answers.standing) return 'Not connected.'
    const ms = Date.now() - answers.askedAt
    if (ms < PATIENCE) return 'Asking…'
    return html`Asking for ${Math.floor(ms / 1000)} s… <button class="plain" @click=${() => answers.giveUp()}>Stop</button>`
  }

  #body(answer: Answer): TemplateResult {
    const { answers } = session
    const { ofEvents, step } = answers
    const shape = shapeOf(answer, answers.asked)
    const { values, time } = shape
    const value = values[Math.min(this.shown, values.length - 1)]
    if (time >= 0 && value !== undefined && answer.rows.length > 0) {
      const within = rangeAt(answers.within, Date.now())
      const full = step === undefined ? answer : whole(answer, time, step, within, Date.now())
      const lines = pivot(ofEvents ? folded(full, shape) : full, shape, value, step)
      return html`<div class="graph"><line-graph .lines=${lines} .within=${within} .divide=${ofEvents && step ? step / 1000 : 1}></line-graph></div>
        ${ofEvents ? nothing : html`<answer-table .answer=${answer} .query=${answers.asked}></answer-table>`}`
    }
    if (ofEvents)
      return html`<p class="none muted">No event in this range${session.place.query === '' ? '' : ' passes the filter'}.</p>`
    const [row] = answer.rows
    if (answer.rows.length === 1 && row && values.length === answer.columns.length) {
      return html`<div class="big num">${answer.columns.map(({ name }, i) => html`<p><b>${typeof row[i] === 'number' ? number(row[i]) : '–'}</b><span>${name}</span></p>`)}</div>`
    }
    return html`<answer-table .answer=${answer} .query=${answers.asked}></answer-table>`
  }

  #choice(answer: Answer): TemplateResult | typeof nothing {
    const { values, time } = shapeOf(answer, session.answers.asked)
    if (values.length < 2 || time < 0) return nothing
    return html`<div class="choices" role="group" aria-label="Graph of">
      ${values.map(
        (column, i) =>
          html`<button aria-pressed=${i === Math.min(this.shown, values.length - 1)} @click=${() => {
            this.shown = i
          }}>${answer.columns[column]!.name}</button>`,
      )}
    </div>`
  }

  #stats({ stats, rows }: Answer): TemplateResult {
    const { answers } = session
    const parts = [
      answers.ofEvents
        ? answers.step
          ? `a point is ${span(answers.step)}`
          : ''
        : `${count(rows.length)} ${rows.length === 1 ? 'row' : 'rows'}`,
      stats?.scanned === undefined ? '' : `${count(stats.scanned)} read`,
      stats?.ms === undefined ? '' : `${stats.ms < 10 ? stats.ms.toFixed(1) : Math.round(stats.ms)} ms`,
      stats?.sources?.join(' + ') ?? '',
    ]
    const coverage = stats?.coverage
    return html`${parts.filter(part => part !== '').join(' · ')}${coverage === undefined ? nothing : html` · <span class=${coverage.startsWith('not covered') ? 'uncovered' : ''}>${coverage}</span>`}${answers.standing ? ' · live' : ` · asked ${timeOfDay(Date.now())}`}`
  }
}
/** Beside anything else, Telltale's own types are one line. */
function folded(answer: Answer, { keys: [type = 0], time, values: [count = 0] }: Shape): Answer {
  if (!answer.rows.some(row => !OWN.test(String(row[type])))) return answer
  const own = new Map<unknown, unknown[]>()
  const rest: (readonly unknown[])[] = []
  for (const row of answer.rows) {
    const sum = own.get(row[time])
    if (!OWN.test(String(row[type]))) rest.push(row)
    else if (sum) sum[count] = Number(sum[count]) + Number(row[count])
    else own.set(row[time], row.toSpliced(type, 1, OWN_NAME))
  }
  return { ...answer, rows: [...rest, ...own.values()] }
}

customElements.define('answer-view', AnswerView)
