import { css, html, LitElement, nothing, type TemplateResult } from 'lit'
import { askCanary, type Trouble } from '../api/request.ts'
import { moment, timeOfDay } from '../text/format.ts'
import { session } from './session.ts'
import { sheet } from './sheet.ts'

const AGAIN = 3000

/** On every page, where an event that Telltale sends itself does not come back: what, and since when. */
export class CanaryBanner extends LitElement {
  static override styles = [
    sheet,
    css`
      :host([hidden]) {
        display: none;
      }
      div {
        display: grid;
        grid-template-columns: auto minmax(0, 1fr);
        gap: 2px 10px;
        padding: 10px 16px;
        border: 1px solid var(--bad);
        border-radius: 8px;
        background: var(--bad-wash);
        color: var(--ink);
        overflow-wrap: anywhere;
      }
      svg {
        margin-top: 1px;
        color: var(--bad);
      }
      p {
        grid-column: 2;
      }
      svg + p {
        grid-row: 1;
      }
    `,
  ]
  static override properties = { troubles: { state: true } }
  declare troubles: readonly Trouble[]
  /** Since when nobody answers. */
  #silentSince: number | undefined
  #asking = false
  #timer: ReturnType<typeof setInterval> | undefined

  constructor() {
    super()
    this.troubles = []
    this.hidden = true
  }

  override connectedCallback(): void {
    super.connectedCallback()
    this.#ask()
    this.#timer = setInterval(this.#ask, AGAIN)
    document.addEventListener('visibilitychange', this.#ask)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    clearInterval(this.#timer)
    document.removeEventListener('visibilitychange', this.#ask)
  }

  protected override willUpdate(): void {
    this.hidden = this.troubles.length === 0
  }

  protected override render(): TemplateResult | typeof nothing {
    if (this.troubles.length === 0) return nothing
    return html`<div role="alert">
      <svg viewBox="0 0 20 20" width="18" height="18" aria-hidden="true"><path d="M10 2.5 18.5 17h-17z" fill="none" stroke="currentColor" stroke-width="1.6" stroke-linejoin="round" /><path d="M10 8v4.2M10 14.2v.8" stroke="currentColor" stroke-width="1.6" stroke-linecap="round" /></svg>
      ${this.troubles.map(({ since, message }) => html`<p>Since <span class="num">${when(since)}</span> ${message}.</p>`)}
    </div>`
  }

  readonly #ask = (): void => {
    if (this.#asking || document.hidden) return
    this.#asking = true
    void this.#look().finally(() => {
      this.#asking = false
    })
  }

  async #look(): Promise<void> {
    const asked = Date.now()
    const outcome = await askCanary()
    if ('ok' in outcome) {
      this.#silentSince = undefined
      this.troubles = outcome.ok
    } else if (session.live.state === 'live') {
      // Else the page says already that it is cut off, or waits for a token.
      this.#silentSince ??= asked
      const message = `it is not known whether events come through: ${outcome.refused.message.replace(/\.$/, '')}`
      this.troubles = [{ since: this.#silentSince, message }]
    } else this.troubles = []
  }
}

/** The time of day; the date, too, where that is another than today. */
function when(ms: number): string {
  return moment(ms).slice(0, 10) === moment(Date.now()).slice(0, 10) ? timeOfDay(ms) : moment(ms)
}
customElements.define('canary-banner', CanaryBanner)
