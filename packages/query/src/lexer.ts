import { quoted, Refusal } from './query-error.ts'

export interface Token {
  readonly kind: 'word' | 'number' | 'string' | 'name' | 'regex' | 'glob' | 'prefix' | 'symbol' | 'end'
  /** As it stands in the query. */
  readonly text: string
  /** What it means: a string without quotes and escapes, a name without backticks, the pattern of a regex, else the text. */
  readonly value: string
  readonly position: number
}

/** Longest text of a query, in UTF-16 units. */
export const TEXT_LENGTH = 65_536

const SPACE = /\s*/y
const MOMENT = /\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?(?![\p{L}\p{N}])/uy
const WORD = /[\p{L}\p{N}_$@](?:[\p{L}\p{N}\p{M}_$@]|[.-](?=[\p{L}\p{N}_$@-])|::(?=[\p{L}\p{N}_$@]))*/uy
const NUMBER = /(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?/y
const STRING = /"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'/sy
const NAME = /`((?:[^`]|``)*)`/y
const REGEX = /\/((?:[^/\\]|\\.)*)\/([A-Za-z]*)/sy
const GLOB = /[^\s|(),"'`]+/y
const SYMBOL = /!=|!~|<=|>=|[|(),=<>~+\-*/%]/y

const ALIASES: Readonly<Record<string, string>> = {
  '==': 'write =',
  '===': 'write =',
  '=~': 'write ~ /regex/ or ~ "glob"',
  '<>': 'write !=',
  '&&': 'write and',
  '||': 'write or',
  '!': 'write not',
}

/** Cuts a text into tokens; the last is of kind `end`. Throws a {@link Refusal}. */
export function lex(text: string): Token[] {
  if (text.length > TEXT_LENGTH) {
    throw new Refusal(`found a query of ${text.length} characters, at most ${TEXT_LENGTH} are taken`, TEXT_LENGTH)
  }
  const tokens: Token[] = []
  let at = 0
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at
    return pattern.exec(text)
  }
  for (;;) {
    at += match(SPACE)![0].length
    if (at >= text.length) break
    const token = next(text, at, match, tokens.at(-1))
    tokens.push(token)
    at += token.text.length
  }
  tokens.push({ kind: 'end', text: '', value: '', position: text.length })
  return tokens
}

function next(
  text: string,
  at: number,
  match: (p: RegExp) => RegExpExecArray | null,
  before: Token | undefined,
): Token {
  const token = (kind: Token['kind'], found: string, value: string): Token => ({
    kind,
    text: found,
    value,
    position: at,
  })
  const alias = /(?:={2,3}|=~|<>|&&|\|\||!(?![=~]))/y
  const other = match(alias)
  if (other !== null) throw new Refusal(`found ${quoted(other[0])}, which is no operator here`, at, ALIASES[other[0]])
  const char = text[at]!
  if (char === '"' || char === "'") {
    const found = match(STRING)
    if (found === null) throw new Refusal(`the quote ${char} is never closed`, at, `end the text with ${char}`)
    return token('string', found[0], plainOf(found[1] ?? found[2]!, at + 1))
  }
  if (char === '`') {
    const found = match(NAME)
    if (found === null) throw new Refusal('the backtick is never closed', at, 'end the name with `')
    return token('name', found[0], found[1]!.replaceAll('``', '`'))
  }
  if (before?.text === '~' || before?.text === '!~') return pattern(at, char, match, token)
  const moment = match(MOMENT)
  if (moment !== null) return token('word', moment[0], moment[0])
  const word = match(WORD)?.[0] ?? ''
  const number = match(NUMBER)?.[0] ?? ''
  if (number.length > 0 && number.length >= word.length) return token('number', number, number)
  if (word.length > 0) return wordToken(text, at, word, token)
  const symbol = match(SYMBOL)
  if (symbol !== null) return token('symbol', symbol[0], symbol[0])
  const odd = String.fromCodePoint(text.codePointAt(at)!)
  throw new Refusal(
    `found ${quoted(odd)}, which means nothing here`,
    at,
    'put texts in quotes and odd field names in backticks',
  )
}

type Make = (kind: Token['kind'], found: string, value: string) => Token

function wordToken(text: string, at: number, word: string, token: Make): Token {
  if (text[at + word.length] !== ':') return token('word', word, word)
  if (word === 'tag' || word === 'text') return token('prefix', `${word}:`, word)
  throw new Refusal(
    `found ${quoted(`${word}:`)}, expected an operator`,
    at + word.length,
    `write ${word.length > 40 ? 'field' : word} = …, or put the text in quotes`,
  )
}

function pattern(at: number, char: string, match: (p: RegExp) => RegExpExecArray | null, token: Make): Token {
  if (char === '/') {
    const found = match(REGEX)
    if (found === null)
      throw new Refusal('the regular expression is never closed', at, 'end it with /, and write \\/ for a slash in it')
    const [whole, body, flags] = found
    if (flags !== '' && flags !== 'i') {
      throw new Refusal(
        `found the flags ${quoted(flags!)} of a regular expression`,
        at,
        'only i is known; write others inside, like (?s)',
      )
    }
    const plain = body!.replace(/\\([\s\S])/g, (pair, escaped: string) => (escaped === '/' ? '/' : pair))
    return token('regex', whole, flags === 'i' ? `(?i)${plain}` : plain)
  }
  const found = match(GLOB)
  if (found === null) throw new Refusal(`found ${quoted(char)}, expected a glob or a /regular expression/`, at)
  return token('glob', found[0], found[0])
}

const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  b: '\b',
  f: '\f',
  '"': '"',
  "'": "'",
  '\\': '\\',
  '/': '/',
}

function plainOf(body: string, position: number): string {
  return body.replace(/\\(u[0-9a-fA-F]{4}|[\s\S])/g, (pair: string, what: string, offset: number) => {
    if (what.length === 5) return String.fromCharCode(Number.parseInt(what.slice(1), 16))
    const plain = ESCAPES[what]
    if (plain === undefined) {
      throw new Refusal(`found ${quoted(pair)}, which is no escape`, position + offset, `write \\\\ for a backslash`)
    }
    return plain
  })
}
