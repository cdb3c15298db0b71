import { css, html, LitElement, type TemplateResult } from 'lit'
import { askRejects, type Refusal, type Reject } from '../api/request.ts'
import { moment } from '../text/format.ts'
import { sheet } from './sheet.ts'

const AGAIN = 3000

/** What was sent and not taken, with the reason: the first place to look when a sender's events do not show. */
export class RejectsView extends LitElement {
  static override styles = [
    sheet,
    css`
      .lead {
        max-width: 70ch;
        margin: 4px 0 14px;
      }
      .scroll {
        overflow-x: auto;
      }
      table {
        width: 100%;
        border-collapse: collapse;
        font-size: 13px;
      }
      th {
        padding: 6px 12px 6px 0;
        color: var(--muted);
        font-weight: 600;
        text-align: left;
      }
      td {
        padding: 8px 12px 8px 0;
        border-top: 1px solid var(--rule);
        vertical-align: top;
        overflow-wrap: anywhere;
      }
      td.mono {
        white-space: nowrap;
      }
      code {
        display: block;
        max-width: 72ch;
        color: var(--muted);
        white-space: pre-wrap;
      }
      @media (max-width: 640px) {
        thead {
          display: none;
        }
        tr {
          display: block;
          padding: 8px 0;
          border-top: 1px solid var(--rule);
        }
        td,
        td.mono {
          display: block;
          padding: 1px 0;
          border: 0;
          white-space: normal;
        }
      }
    `,
  ]
  static override properties = { rejects: { state: true }, refused: { state: true } }
  declare rejects: Reject[] | undefined
  declare refused: Refusal | undefined
  #timer: ReturnType<typeof setInterval> | undefined

  override connectedCallback(): void {
    super.connectedCallback()
    void this.#ask()
    this.#timer = setInterval(() => {
      if (!document.hidden) void this.#ask()
    }, AGAIN)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    clearInterval(this.#timer)
  }

  protected override render(): TemplateResult {
    return html`<h2>Rejected input</h2>
      <p class="muted lead">What was sent to Telltale and not taken, newest first, with the reason. One bad event never rejects the others it came with.</p>
      ${this.#body()}`
  }

  #body(): TemplateResult {
    if (this.refused) return html`<p role="alert">${this.refused.message} ${this.refused.hint ?? ''}</p>`
    if (!this.rejects) return html`<p class="muted">Asking…</p>`
    if (this.rejects.length === 0)
      return html`<p>Nothing was rejected. If a sender’s events do not show, they have not reached this machine: check its address and port.</p>`
    return html`<div class="scroll"><table>
      <thead><tr><th scope="col">When</th><th scope="col">From</th><th scope="col">Why, and how it began</th></tr></thead>
      <tbody>${this.rejects.map(
        ({ received_at, channel, address, reason, sample }) => html`<tr>
          <td class="mono num">${moment(received_at)}</td>
          <td class="mono">${channel} ${address}</td>
          <td class="why">${reason}<code>${sample}</code></td>
        </tr>`,
      )}</tbody>
    </table></div>`
  }

  async #ask(): Promise<void> {
    const outcome = await askRejects()
    this.refused = 'ok' in outcome ? undefined : outcome.refused
    if ('ok' in outcome) this.rejects = [...outcome.ok].sort((a, b) => b.received_at - a.received_at)
  }
}
customElements.define('rejects-view', RejectsView)
