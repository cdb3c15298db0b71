import { css, html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import '../ask/range-picker.ts'
import { rangeQuestion, rangeText } from '../page/address.ts'
import { session } from '../page/session.ts'
import { sheet } from '../page/sheet.ts'
import { Follow } from '../page/topic.ts'
import './vital-panel.ts'
import { VITALS } from './vitals.ts'

/** How a machine does: its own vitals, which Telltale measures without being set up. */
export class HostView extends LitElement {
  static override styles = [
    sheet,
    css`
      .top {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 8px 14px;
        margin-bottom: 14px;
      }
      .top p {
        margin-right: auto;
        font-size: 13px;
      }
      .top h2 {
        font-size: 18px;
        overflow-wrap: anywhere;
      }
      select {
        height: 40px;
        padding: 0 8px;
        border: 1px solid var(--rule-strong);
        border-radius: 6px;
        background: var(--raised);
        font-size: 13px;
      }
      .panels {
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(min(100%, 400px), 1fr));
        gap: 16px;
      }
      vital-panel {
        padding: 12px 16px 12px;
        border-radius: 8px;
        background: var(--sheet);
      }
      .tables {
        grid-template-columns: repeat(auto-fit, minmax(min(100%, 540px), 1fr));
        margin-top: 16px;
        align-items: start;
      }
      .none {
        max-width: 64ch;
        padding: 18px 20px;
        border-radius: 8px;
        background: var(--sheet);
      }
    `,
  ]
  static override properties = { hosts: { state: true } }
  declare hosts: string[] | undefined
  #stop = () => {}
  #asked = ''

  constructor() {
    super()
    new Follow(this, () => session.changed)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#stop()
    this.#asked = ''
  }

  protected override willUpdate(_: PropertyValues): void {
    const { range } = session.place
    const asked = rangeText(range)
    if (asked === this.#asked) return
    this.#asked = asked
    this.#stop()
    this.#stop = session.live.subscribe(
      { query: 'type = host_cpu | count() by hostname', ...rangeQuestion(range) },
      {
        answer: ({ rows }) => {
          this.hosts = rows.map(row => String(row[0]))
        },
      },
    )
  }

  protected override render(): TemplateResult {
    const { place } = session
    const host = place.host || this.hosts?.[0]
    const range = rangeQuestion(place.range)
    return html`<div class="top">
        <h2>${host ?? 'Host'}</h2>
        <p class="muted">How the machine itself does. A title opens its query.</p>
        ${this.hosts && this.hosts.length > 1 ? this.#choice(host) : nothing}
        <range-picker></range-picker>
      </div>
      ${
        host === undefined
          ? html`<p class="none muted">${this.hosts ? html`No vitals in this range. Telltale measures the machine it runs on every few seconds, unless its configuration switches that off; hosts that send <code>host_cpu</code> events of their own appear here too.` : 'Asking…'}</p>`
          : (['graph', 'table'] as const).map(
              kind =>
                html`<div class=${`panels ${kind}s`}>${repeat(
                  VITALS.filter(vital => vital.kind === kind),
                  vital => vital.title,
                  vital => html`<vital-panel .vital=${vital} .host=${host} .range=${range}></vital-panel>`,
                )}</div>`,
            )
      }`
  }

  #choice(host: string | undefined): TemplateResult {
    return html`<select aria-label="Host" @change=${(event: Event) => session.go({ host: (event.target as HTMLSelectElement).value })}>
      ${this.hosts!.map(name => html`<option ?selected=${name === host}>${name}</option>`)}
    </select>`
  }
}
customElements.define('host-view', HostView)
