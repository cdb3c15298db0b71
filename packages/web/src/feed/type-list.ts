import { css, html, LitElement, nothing, svg, type TemplateResult } from 'lit'
import { equals, hasClause } from '../ask/clause.ts'
import { chip, chipStyle } from '../colour/chip.ts'
import { session } from '../page/session.ts'
import { sheet } from '../page/sheet.ts'
import { Follow } from '../page/topic.ts'
import { count, rate } from '../text/format.ts'
import { sparkline, type TypeRate } from './rates.ts'

const MOST = 14
const ALL = 200
const [WIDTH, HEIGHT] = [48, 16]

/** The legend that counts: each type with its last minute as a line, its rate and its number. */
export class TypeList extends LitElement {
  static override styles = [
    sheet,
    chipStyle,
    css`
      header {
        display: flex;
        justify-content: space-between;
        align-items: baseline;
        margin-bottom: 6px;
        min-height: 22px;
      }
      header span {
        font-size: 12px;
      }
      ul {
        margin: 0;
        padding: 0;
        list-style: none;
        border-top: 1px solid var(--rule);
      }
      .more {
        padding: 6px 2px 0;
        color: var(--accent);
        font-size: 12px;
      }
      .more:hover {
        text-decoration: underline;
        text-underline-offset: 3px;
      }
      li button {
        display: grid;
        grid-template-columns: 12px minmax(0, 1fr) 48px 40px 46px;
        gap: 7px;
        align-items: center;
        width: 100%;
        height: 28px;
        padding: 0 6px 0 2px;
        border: 0;
        border-bottom: 1px solid var(--rule);
        background: none;
        font: 12px var(--mono);
        text-align: right;
      }
      li button:hover {
        background: var(--accent-wash);
      }
      li button[aria-pressed='true'] {
        background: var(--accent-wash);
        box-shadow: inset 3px 0 var(--accent);
        padding-left: 8px;
      }
      .name {
        overflow: hidden;
        text-align: left;
        text-overflow: ellipsis;
        white-space: nowrap;
        font-weight: 600;
      }
      .minute {
        color: var(--muted);
      }
      svg {
        display: block;
        overflow: visible;
      }
      path {
        fill: none;
        stroke: var(--muted);
        stroke-width: 1.25;
        stroke-linejoin: round;
      }
      .none {
        padding: 12px 2px;
      }
    `,
  ]

  static override properties = { all: { state: true } }
  /** Show more than the busiest. */
  declare all: boolean

  constructor() {
    super()
    this.all = false
    new Follow(this, () => session.feed.counted, 500)
    new Follow(this, () => session.changed)
  }

  protected override render(): TemplateResult {
    const { rates } = session.feed
    return html`
      <header>
        <h2>Types</h2>
        <span class="muted">last minute · per s · per min</span>
      </header>
      <ul>
        ${rates.slice(0, this.all ? ALL : MOST).map(type => this.#row(type))}
      </ul>
      ${rates.length > MOST ? html`<button class="plain more" aria-expanded=${this.all} @click=${() => this.#toggleAll()}>${this.all ? 'Show fewer' : `${rates.length - MOST} more`}</button>` : nothing}
      ${rates.length === 0 ? html`<p class="none muted">${session.live.state === 'live' ? 'Quiet: nothing in the last minute.' : 'Not connected.'}</p>` : nothing}
    `
  }

  #toggleAll(): void {
    this.all = !this.all
  }

  #row({ type, perSecond, lastMinute, seconds }: TypeRate): TemplateResult {
    const { palette, place } = session
    const on = hasClause(place.query, equals('type', type) ?? '')
    return html`<li>
      <button class="num" aria-pressed=${on} title=${on ? 'Show all types again' : `Only type ${type}`} @click=${() => session.toggle('type', type)}>
        ${chip(palette.of(type))}
        <span class="name">${type}</span>
        <svg width=${WIDTH} height=${HEIGHT} aria-hidden="true">${svg`<path d=${sparkline(seconds, WIDTH, HEIGHT)}></path>`}</svg>
        <span>${rate(perSecond)}</span>
        <span class="minute">${count(lastMinute)}</span>
      </button>
    </li>`
  }
}
customElements.define('type-list', TypeList)
