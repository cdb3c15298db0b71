import { css, html, type TemplateResult } from 'lit'
import { styled } from '../page/styled.ts'
import type { Swatch } from './palette.ts'

/** A snip of the tape in a type's colour: the key between a name and its marks. */
export function chip(swatch: Swatch): TemplateResult {
  return html`<span class="chip" aria-hidden="true"><i style=${styled({ background: swatch.film })}></i></span>`
}

export const chipStyle = css`
  .chip {
    display: inline-grid;
    place-items: center;
    flex: none;
    width: 12px;
    height: 14px;
    border-radius: 3px;
    background: var(--film);
  }
  .chip i {
    width: 4px;
    height: 10px;
    border-radius: 1px;
  }
`
