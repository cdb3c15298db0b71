import { css, html, LitElement, type TemplateResult } from 'lit'
import { copy } from '../page/copy.ts'
import { session } from '../page/session.ts'
import { sheet } from '../page/sheet.ts'
import type { SeenEvent } from '../text/event.ts'
import { moment } from '../text/format.ts'
import { jsonStyle, jsonTree } from './json-tree.ts'

/** One event in full: its JSON, to copy, and ways on from it. */
export class EventCard extends LitElement {
  static override styles = [
    sheet,
    jsonStyle,
    css`
      .box {
        padding: 10px 12px 12px;
        background: var(--raised);
      }
      .acts {
        display: flex;
        flex-wrap: wrap;
        gap: 4px 14px;
        margin-bottom: 8px;
        font-size: 12px;
      }
      .acts button {
        color: var(--accent);
        text-decoration: underline;
        text-underline-offset: 2px;
      }
      .acts time {
        margin-right: auto;
      }
    `,
  ]
  static override properties = { event: { attribute: false }, copied: { state: true } }
  declare event: SeenEvent
  /** What came of copying, for a moment. */
  declare copied: string | undefined

  protected override render(): TemplateResult {
    const { event } = this
    return html`<div class="box">
      <div class="acts">
        <time class="muted num">${moment(event.time, 'milli')}</time>
        ${event.md5 ? html`<button class="plain" title="Events with the same fingerprint" @click=${() => session.toggle('md5', event.md5)}>Same again</button>` : ''}
        <button class="plain" title="All events of half a minute before and after" @click=${() => this.#around()}>Around it</button>
        <button class="plain" @click=${() => void this.#copy()}>${this.copied ?? 'Copy JSON'}</button>
        <slot></slot>
      </div>
      ${jsonTree(event)}
    </div>`
  }

  #around(): void {
    const at = Math.round(this.event.time)
    session.go({ query: '', range: { kind: 'between', from: at - 30_000, to: at + 30_000 } })
  }

  async #copy(): Promise<void> {
    this.copied = await copy(JSON.stringify(this.event, undefined, 2))
    setTimeout(() => {
      this.copied = undefined
    }, 1500)
  }
}
customElements.define('event-card', EventCard)
