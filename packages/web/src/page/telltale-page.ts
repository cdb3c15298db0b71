import { html, LitElement, nothing, type TemplateResult } from 'lit'
import '../answer/answer-view.ts'
import '../ask/query-bar.ts'
import '../events/event-list.ts'
import '../events/pinned-event.ts'
import '../feed/type-list.ts'
import '../host/host-view.ts'
import '../tape/tape-view.ts'
import { token } from '../api/token.ts'
import { ago } from '../text/format.ts'
import { HOME, type Place, toHash } from './address.ts'
import './canary-banner.ts'
import { mark } from './mark.ts'
import { pageStyle } from './page-style.ts'
import './rejects-view.ts'
import { session } from './session.ts'
import { sheet } from './sheet.ts'
import { chooseTheme, theme } from './theme.ts'
import './token-dialog.ts'
import { Follow } from './topic.ts'
import './welcome-view.ts'

const VIEWS: readonly (readonly [Place['view'], string])[] = [
  ['live', 'Live'],
  ['host', 'Host'],
  ['rejected', 'Rejected'],
]

/** The page: what to ask at the top, what happens now below it, then what it means. */
export class TelltalePage extends LitElement {
  static override styles = [sheet, pageStyle]

  constructor() {
    super()
    new Follow(this, () => session.changed)
    new Follow(this, () => session.live.changed)
    new Follow(this, () => token.changed)
    new Follow(this, () => session.feed.counted, 1000)
    new Follow(this, () => session.feed.changed, 1000)
  }

  override connectedCallback(): void {
    super.connectedCallback()
    document.addEventListener('keydown', this.#pressed)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    document.removeEventListener('keydown', this.#pressed)
  }

  protected override render(): TemplateResult {
    const { view } = session.place
    return html`
      <a class="skip" href="#main" @click=${(event: Event) => this.#skip(event)}>Skip to the events</a>
      <header>
        <a class="home" href=${toHash(HOME)} aria-label="Telltale, start page"><svg viewBox="0 0 24 24" width="26" height="26" aria-hidden="true">${mark}</svg><b>Telltale</b></a>
        <nav aria-label="Views">
          ${VIEWS.map(([to, name]) => html`<a href=${toHash({ ...session.place, view: to })} aria-current=${view === to ? 'page' : 'false'}>${name}</a>`)}
        </nav>
        ${this.#connection()}
        <button class="plain theme" @click=${() => this.#switch()} aria-label=${`Switch to ${theme() === 'dark' ? 'light' : 'dark'}`} title="Light or dark">
          <svg viewBox="0 0 20 20" width="18" height="18" aria-hidden="true"><circle cx="10" cy="10" r="7.25" fill="none" stroke="currentColor" stroke-width="1.5" /><path d="M10 2.75a7.25 7.25 0 0 1 0 14.5z" fill="currentColor" /></svg>
        </button>
      </header>
      <main id="main" tabindex="-1">
        <canary-banner></canary-banner>
        ${token.wanted === undefined ? nothing : html`<token-dialog></token-dialog>`}
        ${view === 'live' ? this.#liveView() : view === 'host' ? html`<host-view></host-view>` : html`<rejects-view class="panel"></rejects-view>`}
      </main>
    `
  }

  #liveView(): TemplateResult {
    return html`
      <query-bar></query-bar>
      <tape-view></tape-view>
      ${session.pinned ? html`<pinned-event></pinned-event>` : nothing}
      ${session.met === false ? html`<welcome-view></welcome-view>` : nothing}
      <div class="below">
        <type-list class="panel types"></type-list>
        <answer-view class="panel answer"></answer-view>
        <event-list class="panel events"></event-list>
      </div>
    `
  }

  #connection(): TemplateResult {
    const { live, pausedAt } = session
    if (live.state === 'lost') {
      return html`<p class="state lost" role="status"><i></i>Connection lost. Trying again${live.retryAt > Date.now() + 1500 ? ` in ${ago(live.retryAt - Date.now())}` : ''}…
        <button class="plain" @click=${() => live.retry()}>Try now</button></p>`
    }
    if (live.state === 'locked') return html`<p class="state" role="status"><i></i>Waiting for a token</p>`
    if (live.state === 'connecting') return html`<p class="state" role="status"><i></i>Connecting…</p>`
    if (pausedAt !== undefined) return html`<p class="state paused" role="status"><i></i>Paused</p>`
    return html`<p class="state live" role="status" title="Events come in as they happen"><i></i><span>Connected</span></p>`
  }

  #switch(): void {
    chooseTheme(theme() === 'dark' ? 'light' : 'dark')
    session.changed.tell()
  }

  #skip(event: Event): void {
    event.preventDefault()
    this.renderRoot.querySelector<HTMLElement>('main')?.focus()
  }

  /** `/` asks, space pauses, Escape lets go of the pinned event and then of the span. */
  readonly #pressed = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || writing(event)) return
    if (event.key === '/') {
      session.go({ view: 'live' })
      this.renderRoot.querySelector<HTMLElement>('query-bar')?.focus()
    } else if (event.key === ' ' && !onButton(event)) session.pause()
    else if (event.key === 'Escape' && session.pinned) session.pin(undefined)
    else if (event.key === 'Escape' && session.place.range.kind === 'between') session.go({ range: HOME.range })
    else return
    event.preventDefault()
  }
}

function writing(event: KeyboardEvent): boolean {
  const target = event.composedPath()[0]
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName))
}

function onButton(event: KeyboardEvent): boolean {
  return (
    event.composedPath()[0] instanceof HTMLElement &&
    /^(BUTTON|A|SUMMARY)$/.test((event.composedPath()[0] as HTMLElement).tagName)
  )
}
customElements.define('telltale-page', TelltalePage)
