import { HighlightStyle, StreamLanguage, syntaxHighlighting } from '@codemirror/language'
import type { Extension } from '@codemirror/state'
import { tags } from '@lezer/highlight'
import { AGGREGATES } from '@telltale/query'

const WORDS: ReadonlySet<string> = new Set(
  'and or not in has by over every as set where sort limit last between asc desc events true false null'.split(' '),
)

/** Colours for the words of the language. What they mean only the parser knows; this needs no more than their looks. */
const language = StreamLanguage.define<{ pattern: boolean }>({
  startState: () => ({ pattern: false }),
  token(stream, state) {
    if (stream.eatSpace()) return null
    const pattern = state.pattern
    state.pattern = false
    if (stream.match(/^"(?:\\.|[^"\\])*"?/) || stream.match(/^'(?:\\.|[^'\\])*'?/)) return 'string'
    if (pattern && (stream.match(/^\/(?:\\.|[^/\\])*\/?[a-z]*/i) || stream.match(/^[^\s|(),"'`]+/))) return 'regexp'
    if (stream.match(/^`[^`]*`?/)) return 'variableName'
    if (
      stream.match(/^\d{4}-\d\d-\d\dT[\d:.]*Z?/) ||
      stream.match(/^\d+(?:ms|s|m|h|d|w)\b/) ||
      stream.match(/^\d+(?:\.\d+)?(?:e[+-]?\d+)?(?![\w-])/i)
    )
      return 'number'
    if (stream.match(/^tag:/)) return 'keyword'
    if (stream.match('|')) return 'punctuation'
    if (stream.match(/^!?~/)) {
      state.pattern = true
      return 'operator'
    }
    if (stream.match(/^(?:!=|<=|>=|[=<>+*/%])/)) return 'operator'
    const word = stream.match(
      /^[\p{L}\p{N}_$@](?:[\p{L}\p{N}\p{M}_$@]|[.-](?=[\p{L}\p{N}_$@-]))*/u,
    ) as RegExpMatchArray | null
    if (word) {
      if (stream.match(/^\s*\(/, false) && AGGREGATES.has(word[0])) return 'function'
      return WORDS.has(word[0]) ? 'keyword' : 'variableName'
    }
    stream.next()
    return null
  },
  tokenTable: { function: tags.function(tags.variableName) },
})

const looks = HighlightStyle.define([
  { tag: tags.keyword, color: 'var(--syntax-keyword)' },
  { tag: tags.function(tags.variableName), color: 'var(--syntax-function)', fontWeight: '600' },
  { tag: tags.string, color: 'var(--syntax-string)' },
  { tag: tags.regexp, color: 'var(--syntax-string)' },
  { tag: tags.number, color: 'var(--syntax-number)' },
  { tag: tags.operator, color: 'var(--muted)' },
  { tag: tags.punctuation, color: 'var(--accent)', fontWeight: '700' },
])

export const queryLanguage: Extension = [language, syntaxHighlighting(looks)]
