import { css, html, nothing, type TemplateResult } from 'lit'
import { session } from '../page/session.ts'

/** Top-level keys that say when and which, not what: they are no filter anybody means. */
const IDENTITY: ReadonlySet<string> = new Set(['time', 'received_at', 'seq', 'collector'])

/** An event as indented JSON; a value that can be asked for is a button that adds it to the query. */
export function jsonTree(event: object): TemplateResult {
  return html`<pre class="json">${node(event, '', 0)}</pre>`
}

function node(value: unknown, path: string, depth: number): TemplateResult {
  if (Array.isArray(value)) return list(value, path, depth)
  if (typeof value === 'object' && value !== null) return object(value as Record<string, unknown>, path, depth)
  return leaf(value, path)
}

const indent = (depth: number) => '  '.repeat(depth)

function object(value: Record<string, unknown>, path: string, depth: number): TemplateResult {
  const entries = Object.entries(value)
  if (entries.length === 0) return html`{}`
  return html`{
${entries.map(([key, item], i) => {
  const under = path === '' || path === 'additional_info' ? key : `${path}.${key}`
  return html`${indent(depth + 1)}<span class="key">${JSON.stringify(key)}</span>: ${node(item, under, depth + 1)}${i < entries.length - 1 ? ',' : nothing}
`
})}${indent(depth)}}`
}

function list(value: readonly unknown[], path: string, depth: number): TemplateResult {
  if (value.every(item => typeof item !== 'object' || item === null)) {
    return html`[${value.map((item, i) => html`${i > 0 ? ', ' : nothing}${leaf(item, path)}`)}]`
  }
  return html`[
${value.map(
  (item, i) => html`${indent(depth + 1)}${node(item, '', depth + 1)}${i < value.length - 1 ? ',' : nothing}
`,
)}${indent(depth)}]`
}

function leaf(value: unknown, path: string): TemplateResult {
  // Lines of a backtrace stand under each other; the copied JSON has none of these breaks.
  const text = (JSON.stringify(value) ?? String(value)).replace(/\\n(?!"$)/g, '\\n\n    ')
  const kind = value === null ? 'null' : typeof value
  if (path === '' || IDENTITY.has(path) || (typeof value === 'string' && value.length > 500))
    return html`<span class=${kind}>${text}</span>`
  // No button element: those do not break over lines as text does.
  return html`<span class=${`value ${kind}`} role="button" tabindex="0" title="Add to the query, or take it out again" @click=${() => pick(path, value)} @keydown=${(
    event: KeyboardEvent,
  ) => {
    if (event.key !== 'Enter' && event.key !== ' ') return
    event.preventDefault()
    pick(path, value)
  }}>${text}</span>`
}

/** Text that was marked to be copied was not clicked. */
function pick(path: string, value: unknown): void {
  if (getSelection()?.type !== 'Range') session.toggle(path, value)
}

export const jsonStyle = css`
  .json {
    margin: 0;
    font: 12px/1.55 var(--mono);
    white-space: pre-wrap;
    overflow-wrap: anywhere;
    tab-size: 2;
  }
  .json .key {
    color: var(--muted);
  }
  .json .string {
    color: var(--syntax-string);
  }
  .json .number {
    color: var(--syntax-number);
  }
  .json .boolean,
  .json .null {
    color: var(--syntax-keyword);
  }
  .json .value {
    cursor: pointer;
  }
  .json .value:hover {
    background: var(--accent-wash);
    text-decoration: underline;
    text-underline-offset: 3px;
  }
`
