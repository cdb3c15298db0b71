import type { EditorView } from '@codemirror/view'
import { parse } from '@telltale/query'
import { css, html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit'
import type { Refusal } from '../api/request.ts'
import { copy } from '../page/copy.ts'
import { session } from '../page/session.ts'
import { sheet } from '../page/sheet.ts'
import { Follow } from '../page/topic.ts'
import type { Seen } from './suggest.ts'
import './range-picker.ts'

const EXAMPLES = [
  'type = exception',
  'type = page_load | count(), p99(execution_time) by url',
  'count() by hostname, 1m',
  '"could not" | count() by hostname',
]

/** Where a person asks: the query, the range, and what is wrong with it in words. */
export class QueryBar extends LitElement {
  static override styles = [
    sheet,
    css`
      form {
        display: flex;
        flex-wrap: wrap;
        align-items: flex-start;
        gap: 8px;
      }
      .box {
        position: relative;
        flex: 1 1 420px;
        min-width: 0;
        border: 1px solid var(--rule-strong);
        border-radius: 7px;
        background: var(--raised);
      }
      .box:focus-within {
        border-color: var(--accent);
        box-shadow: 0 0 0 2px color-mix(in srgb, var(--accent) 30%, transparent);
      }
      .box.wrong {
        border-color: var(--bad);
      }
      .editor {
        min-height: 38px;
        /* Where Clear stands, which would cover the end of the first line. */
        padding-right: 50px;
      }
      .clear {
        position: absolute;
        top: 8px;
        right: 10px;
        height: 24px;
        padding: 0 4px;
        background: var(--raised);
        color: var(--muted);
        font-size: 12px;
      }
      .clear:hover {
        color: var(--accent);
      }
      kbd {
        position: absolute;
        top: 9px;
        right: 10px;
        padding: 1px 7px;
        border: 1px solid var(--rule);
        border-radius: 4px;
        color: var(--muted);
        font: 12px var(--mono);
        pointer-events: none;
      }
      .button {
        height: 40px;
      }
      .wrong-text {
        flex: 1 0 100%;
        display: grid;
        gap: 2px;
        padding: 8px 12px;
        border-left: 3px solid var(--bad);
        background: var(--bad-wash);
        font-size: 13px;
      }
      .wrong-text pre {
        margin: 0 0 4px;
        overflow-x: auto;
        font: 12px/1.4 var(--mono);
      }
      .wrong-text mark {
        background: none;
        color: var(--bad);
        font-weight: 700;
        text-decoration: underline wavy;
        text-underline-offset: 3px;
      }
      .examples {
        flex: 1 0 100%;
        display: flex;
        flex-wrap: wrap;
        gap: 2px 14px;
        font-size: 12px;
      }
      .examples button {
        color: var(--accent);
        font: 12px var(--mono);
      }
      .examples button:hover {
        text-decoration: underline;
        text-underline-offset: 3px;
      }
      @media (max-width: 700px) {
        .examples button:nth-of-type(n + 2),
        kbd {
          display: none;
        }
        .box {
          flex-basis: 100%;
        }
      }
    `,
  ]
  static override properties = { text: { state: true }, tried: { state: true }, copied: { state: true } }
  declare text: string
  /** The text that was last run and was no query. */
  declare tried: string | undefined
  /** What came of copying, for a moment. */
  declare copied: string | undefined
  #editor: Promise<EditorView> | undefined
  #placed = ''

  constructor() {
    super()
    this.text = this.#placed = session.place.query
    new Follow(this, () => session.changed)
    new Follow(this, () => session.answers.changed)
  }

  override focus(): void {
    void this.#editor?.then(editor => editor.focus())
  }

  protected override firstUpdated(_: PropertyValues): void {
    this.#editor = this.#load()
  }

  /** The editor is half of the page's code: it comes after the tape moves. */
  async #load(): Promise<EditorView> {
    const { queryEditor } = await import('./editor.ts')
    return queryEditor({
      parent: this.renderRoot.querySelector('.editor')!,
      root: this.renderRoot as ShadowRoot,
      text: this.text,
      hint: innerWidth < 600 ? 'Ask: type = exception' : 'Ask: type = exception | count() by hostname',
      seen,
      run: text => this.#run(text),
      changed: text => {
        this.text = text
        if (text !== this.tried) this.tried = undefined
      },
    })
  }

  protected override willUpdate(_: PropertyValues): void {
    const { query } = session.place
    if (query === this.#placed) return
    this.#placed = query
    void this.#write(query)
  }

  async #write(text: string): Promise<void> {
    this.text = text
    this.tried = undefined
    const editor = await this.#editor
    if (editor && editor.state.doc.toString() !== text) {
      editor.dispatch({
        changes: { from: 0, to: editor.state.doc.length, insert: text },
        selection: { anchor: text.length },
      })
    }
  }

  protected override render(): TemplateResult {
    const wrong = this.#wrong()
    return html`<form role="search" aria-label="Query" @submit=${(event: Event) => this.#submitted(event)}>
      <div class=${wrong ? 'box wrong' : 'box'}>
        <div class="editor"></div>
        ${this.text === '' ? html`<kbd title="Press / to ask">/</kbd>` : html`<button class="plain clear" type="button" @click=${() => session.go({ query: '' })} aria-label="Clear the query">Clear</button>`}
      </div>
      <range-picker></range-picker>
      <button class="button strong" type="submit">Ask</button>
      <button class="button" type="button" @click=${() => void this.#copy()}>${this.copied ?? 'Copy link'}</button>
      ${wrong ? this.#explained(wrong) : nothing}
      ${this.text === '' ? this.#examples() : nothing}
    </form>`
  }

  #wrong(): Refusal | undefined {
    if (this.tried !== undefined) return parse(this.tried).error
    return this.text === session.place.query ? session.answers.refused : undefined
  }

  #explained({ message, position, hint }: Refusal): TemplateResult {
    const text = this.tried ?? this.text
    const word = position === undefined ? '' : (/^\S+/.exec(text.slice(position))?.[0] ?? '')
    return html`<div class="wrong-text" role="alert">
      ${position === undefined || text === '' ? nothing : html`<pre>${text.slice(0, position)}<mark>${word || '␣'}</mark>${text.slice(position + word.length)}</pre>`}
      <p><b>${sentence(message)}</b> ${hint ? sentence(hint) : nothing}</p>
    </div>`
  }

  #examples(): TemplateResult {
    return html`<p class="examples"><span class="muted">For example</span>${EXAMPLES.map(
      query => html`<button type="button" class="plain" @click=${() => session.go({ query })}>${query}</button>`,
    )}</p>`
  }

  #submitted(event: Event): void {
    event.preventDefault()
    this.#run(this.text)
  }

  #run(text: string): void {
    if (parse(text).error) {
      this.tried = text
      return
    }
    this.tried = undefined
    if (text.trim() === session.place.query) session.again()
    else session.go({ query: text.trim() })
  }

  async #copy(): Promise<void> {
    this.copied = await copy(location.href)
    setTimeout(() => {
      this.copied = undefined
    }, 1500)
  }
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.?!]$/.test(text) ? '' : '.'}`
}

function seen(): Seen {
  const { marks, rates } = session.feed
  const events = marks.newest(1000)
  const types = [...new Set([...rates.map(({ type }) => type), ...events.map(({ type }) => type)])]
  return { types, hosts: [...new Set(events.map(({ hostname }) => hostname))].sort(), events }
}
customElements.define('query-bar', QueryBar)
