import { svg, type TemplateResult } from 'lit'

/** The mark: a mast and two telltales, the yarns that show a sailor the wind. */
export const mark: TemplateResult = svg`<g fill="none" stroke-width="2.5" stroke-linecap="round">
  <path d="M20 3v18" stroke="var(--muted)"/>
  <path d="M20 7.5c-4-2.6-6 2.4-9.5.4S5 6 3 7.5" stroke="#e2483d"/>
  <path d="M20 14c-3.5-2.6-5.5 2.4-9 .4S6.5 13 5 14.3" stroke="#23a06f"/>
</g>`
