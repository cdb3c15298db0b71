import {
  acceptCompletion,
  autocompletion,
  type CompletionContext,
  type CompletionResult,
  closeCompletion,
  completionKeymap,
  completionStatus,
  moveCompletionSelection,
  selectedCompletion,
} from '@codemirror/autocomplete'
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands'
import { type Diagnostic, linter } from '@codemirror/lint'
import { EditorState, Prec } from '@codemirror/state'
import { EditorView, keymap, placeholder, tooltips } from '@codemirror/view'
import { parse } from '@telltale/query'
import { queryLanguage } from './language.ts'
import { type Seen, suggest } from './suggest.ts'

export interface EditorOptions {
  readonly parent: HTMLElement
  readonly root: ShadowRoot
  readonly text: string
  readonly hint: string
  /** Asked when suggestions are wanted. */
  seen(): Seen
  /** Enter was pressed. */
  run(text: string): void
  changed(text: string): void
}

/** The query box: one line that wraps, coloured, completed, checked while it is written. */
export function queryEditor({ parent, root, text, hint, seen, run, changed }: EditorOptions): EditorView {
  const complete = (context: CompletionContext): CompletionResult | null => {
    const before = context.state.sliceDoc(0, context.pos)
    const { from, suggestions } = suggest(before, seen())
    if (suggestions.length === 0 || (!context.explicit && from === context.pos && !/[=~|(,:]\s?$|\bby $/.test(before)))
      return null
    return {
      from,
      options: suggestions.map(({ label, kind, detail, apply }, i) => ({
        label,
        type: kind,
        boost: -i / 10,
        ...(detail !== undefined && { detail }),
        ...(apply !== undefined && { apply }),
      })),
      validFor: /^[\p{L}\p{N}_$@.-]*$/u,
    }
  }
  const state = EditorState.create({
    doc: text,
    extensions: [
      Prec.highest(
        keymap.of([
          { key: 'Shift-Enter', run: () => true },
          {
            key: 'Escape',
            run: view => {
              // Who closes the suggestions goes on writing.
              if (!closeCompletion(view)) view.contentDOM.blur()
              return true
            },
          },
        ]),
      ),
      autocompletion({
        override: [complete],
        icons: false,
        selectOnOpen: false,
        activateOnTypingDelay: 60,
        interactionDelay: 20,
      }),
      keymap.of(completionKeymap),
      keymap.of([
        { key: 'Tab', run: takeFirst },
        {
          key: 'Enter',
          run: view => {
            closeCompletion(view)
            run(view.state.doc.toString())
            return true
          },
        },
      ]),
      keymap.of([...defaultKeymap, ...historyKeymap]),
      history(),
      // A query is one line, however it was pasted.
      EditorState.transactionFilter.of(change => {
        if (!change.docChanged || change.newDoc.lines === 1) return change
        const flat = change.newDoc.toString().replace(/\s*\n\s*/g, ' ')
        return [
          { changes: { from: 0, to: change.startState.doc.length, insert: flat }, selection: { anchor: flat.length } },
        ]
      }),
      EditorView.lineWrapping,
      EditorView.updateListener.of(update => {
        if (update.docChanged) changed(update.state.doc.toString())
      }),
      EditorView.contentAttributes.of({
        'aria-label': 'Query',
        autocapitalize: 'off',
        autocorrect: 'off',
        spellcheck: 'false',
      }),
      tooltips({ position: 'absolute' }),
      placeholder(hint),
      queryLanguage,
      linter(view => problems(view.state.doc.toString()), { delay: 350, tooltipFilter: () => [] }),
      look,
    ],
  })
  return new EditorView({ state, parent, root })
}

/** Tab takes the suggestion, Enter asks: so a query typed to its end is never changed by asking it. */
function takeFirst(view: EditorView): boolean {
  if (completionStatus(view.state) !== 'active') return false
  if (selectedCompletion(view.state) === null) moveCompletionSelection(true)(view)
  return acceptCompletion(view)
}

function problems(text: string): Diagnostic[] {
  const { error } = parse(text)
  if (!error) return []
  const from = Math.min(error.position, Math.max(0, text.length - 1))
  const word = /^\S+/.exec(text.slice(from))?.[0] ?? ' '
  return [{ from, to: Math.min(text.length, from + word.length), severity: 'error', message: error.message }]
}

const look = EditorView.theme({
  '&': { fontSize: '14px', color: 'var(--ink)', backgroundColor: 'transparent' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'var(--mono)', lineHeight: '22px' },
  '.cm-content': { padding: '8px 0', caretColor: 'var(--accent)' },
  '.cm-line': { padding: '0 12px' },
  '.cm-placeholder': { color: 'var(--muted)' },
  '.cm-lintRange-error': {
    backgroundImage: 'none',
    textDecoration: 'underline wavy var(--bad) 1.5px',
    textUnderlineOffset: '4px',
  },
  '.cm-lintPoint:after': { display: 'none' },
  '.cm-tooltip': {
    border: '1px solid var(--rule-strong)',
    borderRadius: '6px',
    background: 'var(--raised)',
    color: 'var(--ink)',
    boxShadow: 'var(--shadow)',
  },
  '.cm-tooltip.cm-tooltip-autocomplete > ul': {
    fontFamily: 'var(--mono)',
    fontSize: '12.5px',
    maxHeight: '300px',
    minWidth: '240px',
  },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li': {
    padding: '3px 10px',
    display: 'flex',
    gap: '16px',
    alignItems: 'baseline',
  },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]': {
    background: 'var(--accent)',
    color: 'var(--accent-ink)',
  },
  '.cm-completionDetail': {
    fontFamily: 'var(--sans)',
    fontStyle: 'normal',
    fontSize: '12px',
    opacity: '0.8',
    marginLeft: 'auto',
    overflow: 'hidden',
    textOverflow: 'ellipsis',
  },
  '.cm-completionMatchedText': { textDecoration: 'none', fontWeight: '700' },
})
