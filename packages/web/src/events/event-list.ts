import { html, LitElement, nothing, type TemplateResult } from 'lit'
import { chip, chipStyle } from '../colour/chip.ts'
import { session } from '../page/session.ts'
import { sheet } from '../page/sheet.ts'
import { Follow } from '../page/topic.ts'
import { identity, type SeenEvent } from '../text/event.ts'
import { count, moment, timeOfDay } from '../text/format.ts'
import { summary } from '../text/summary.ts'
import './event-card.ts'
import { listStyle } from './list-style.ts'

const SHOWN = 100
const SHOWN_ON_PHONE = 40
const phone = matchMedia('(max-width: 600px)')

/** The newest events that pass the filter, or those of the span chosen. Stands still while a person is reading it. */
export class EventList extends LitElement {
  static override styles = [sheet, chipStyle, listStyle]
  readonly #open = new Set<string>()
  #shown: SeenEvent[] = []
  #held = false
  #heldAt = 0

  constructor() {
    super()
    new Follow(this, () => session.changed)
    new Follow(this, () => session.answers.changed)
    new Follow(this, () => session.feed.changed, 400)
    new Follow(this, () => session.feed.counted, 1000)
  }

  protected override render(): TemplateResult {
    const { answers, feed, pausedAt } = session
    const streams = answers.events === undefined && answers.standing
    if (!streams) this.#shown = answers.events ?? []
    else if (
      !(this.#held || this.#open.size > 0 || pausedAt !== undefined) ||
      this.#shown.length === 0 ||
      feed.version !== this.#version
    ) {
      this.#version = feed.version
      this.#shown = feed.marks.newest(phone.matches ? SHOWN_ON_PHONE : SHOWN).sort((a, b) => b.time - a.time)
      this.#heldAt = feed.marks.pushed
    }
    const newer = streams ? feed.marks.pushed - this.#heldAt : 0
    return html`
      <header>
        <h2>${streams ? 'Newest events' : answers.standing ? 'Events' : 'Events of the span'}</h2>
        <span class="muted num note">${this.#note(streams, newer)}</span>
        ${this.#open.size > 0 ? html`<button class="plain link" @click=${() => this.#closeAll()}>Close all</button>` : nothing}
      </header>
      <ol @pointerenter=${() => this.#hold(true)} @pointerleave=${() => this.#hold(false)} @focusin=${() => this.#hold(true)} @focusout=${() => this.#hold(false)}>
        ${this.#shown.map(event => this.#row(event))}
      </ol>
      ${this.#shown.length === 0 ? html`<p class="none muted">${this.#none(streams)}</p>` : nothing}
    `
  }
  #version = -1

  #row(event: SeenEvent): TemplateResult {
    const id = identity(event)
    const open = this.#open.has(id)
    return html`<li>
      <button class="row" aria-expanded=${open} @click=${() => this.#toggle(id)}>
        <time class="num">${when(event.time)}</time>
        <span class="type">${chip(session.palette.of(event.type))}<span>${event.type}</span></span>
        <span class="host">${event.hostname}</span>
        <span class="said">${summary(event)}</span>
      </button>
      ${open ? html`<event-card .event=${event}></event-card>` : nothing}
    </li>`
  }

  #note(streams: boolean, newer: number): string {
    const { feed, answers } = session
    if (!streams)
      return answers.events
        ? `${count(answers.events.length)}${answers.events.length >= 200 ? ', the newest' : ''}`
        : ''
    if (newer > 0) return `held while you read · ${count(newer)} newer`
    if (feed.coverage !== undefined) return `there may be more: ${feed.coverage}`
    return feed.dropped > 0 ? `${count(feed.dropped)} left out: more than can be shown` : ''
  }

  #none(streams: boolean): string {
    const { answers, feed, live } = session
    if (answers.refused) return 'The query was not understood.'
    if (live.state !== 'live') return 'Not connected.'
    if (streams ? !feed.ready : answers.events === undefined) return 'Asking…'
    return streams ? 'Nothing yet. Events appear here as they arrive.' : 'No event in this span passes the filter.'
  }

  #toggle(id: string): void {
    if (!this.#open.delete(id)) this.#open.add(id)
    this.requestUpdate()
  }

  #closeAll(): void {
    this.#open.clear()
    this.requestUpdate()
  }

  #hold(held: boolean): void {
    this.#held = held
    if (!held) this.requestUpdate()
  }
}
/** The time of day; for another day its date too. */
function when(ms: number): string {
  const today = new Date(ms).toDateString() === new Date().toDateString()
  return today ? timeOfDay(ms, 'milli') : moment(ms).slice(5)
}

customElements.define('event-list', EventList)
