import { html, nothing, type TemplateResult } from 'lit'
import { chip } from '../colour/chip.ts'
import { session } from '../page/session.ts'
import { styled } from '../page/styled.ts'
import { count, timeOfDay } from '../text/format.ts'
import { summary } from '../text/summary.ts'
import type { Film } from './film.ts'
import type { Pointer } from './pointer.ts'

const WIDTH = 320

/** What is under the pointer: when, how many of what, and the newest of them in words. */
export function tip(
  film: Film | undefined,
  pointer: Pointer,
  rowHeight: number,
  width: number,
): TemplateResult | typeof nothing {
  const cell = pointer.cell
  if (!film || !cell) return nothing
  const counts = film.cell(cell.column, cell.row)
  if (counts.length === 0) return nothing
  const mark = film.markAt(cell.column, cell.row)
  const event = mark === undefined ? undefined : session.feed.marks.event(mark)
  const x = pointer.at(cell.column)
  const left = Math.max(4, x + 14 + WIDTH > width ? x - 14 - WIDTH : x + 14)
  return html`<div class="tip" role="tooltip" style=${styled({ left: `${left}px`, top: `${(cell.row + 1) * rowHeight + 4}px`, width: `${Math.min(WIDTH, width - 8)}px` })}>
    <p class="when num">${timeOfDay(event?.time ?? cell.column * film.bins.step, event ? 'milli' : 'second')} <span>${event?.hostname ?? ''}</span></p>
    ${counts
      .slice(0, 5)
      .map(
        ({ type, swatch, count: n }) =>
          html`<p class="kind">${chip(swatch)} ${type}${n > 1 ? html` <b>×${count(n)}</b>` : nothing}</p>`,
      )}
    ${event ? html`<p class="said">${summary(event, 160)}</p>` : nothing}
  </div>`
}
