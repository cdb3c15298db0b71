import { css, html, LitElement, nothing, type TemplateResult } from 'lit'
import { chip, chipStyle } from '../colour/chip.ts'
import { session } from '../page/session.ts'
import { sheet } from '../page/sheet.ts'
import { Follow } from '../page/topic.ts'
import { summary } from '../text/summary.ts'
import './event-card.ts'

/** The event a person took from the tape, right below it until it is closed. */
export class PinnedEvent extends LitElement {
  static override styles = [
    sheet,
    chipStyle,
    css`
      .pinned {
        border: 1px solid var(--accent);
        border-radius: 8px;
        overflow: hidden;
      }
      .pin-title {
        display: flex;
        align-items: center;
        gap: 8px;
        padding: 8px 12px;
        background: var(--accent-wash);
        font-size: 13px;
      }
      .pin-title b {
        font: 600 12px var(--mono);
      }
      .pin-title span:last-child {
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      .close {
        color: var(--accent);
        font-weight: 600;
      }
      event-card {
        max-height: 420px;
        overflow-y: auto;
      }
    `,
  ]

  constructor() {
    super()
    new Follow(this, () => session.changed)
  }

  protected override render(): TemplateResult | typeof nothing {
    const event = session.pinned
    if (!event) return nothing
    return html`<section class="pinned" aria-label="Pinned event">
      <p class="pin-title">${chip(session.palette.of(event.type))}<b>${event.type}</b><span>${event.hostname} · ${summary(event)}</span></p>
      <event-card .event=${event}><button class="plain close" @click=${() => session.pin(undefined)}>Close</button></event-card>
    </section>`
  }
}
customElements.define('pinned-event', PinnedEvent)
