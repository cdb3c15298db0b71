import type { Engine, ReadOptions } from './engine/engine.ts'

/** What SQL a person wrote answered. */
export interface SqlResult {
  readonly columns: readonly { readonly name: string; readonly type: string }[]
  readonly rows: readonly (readonly unknown[])[]
}

/**
 * Runs one SELECT a person wrote over `events` (see schema.ts), for what the query language does not say.
 * @throws a sentence where it is anything else, or may reach beyond the history
 */
export async function sql(
  engine: Engine,
  statement: string,
  options?: Pick<ReadOptions, 'signal'>,
): Promise<SqlResult> {
  const checked = checkSql(statement)
  if (checked.problem !== undefined) throw new Error(checked.problem)
  // In parentheses nothing but a SELECT can stand: no FORMAT, no INTO OUTFILE, no second statement.
  const { bytes } = await engine.sandboxed(`SELECT * FROM (\n${checked.sql}\n)`, {
    ...options,
    format: 'JSONCompact',
  })
  const { meta, data } = JSON.parse(bytes.toString()) as { meta: SqlResult['columns']; data: unknown[][] }
  return { columns: meta, rows: data }
}

const TOKEN =
  /\s+|--[^\n]*|#[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^'\\]|\\[\s\S]|'')*'|`(?:[^`\\]|\\[\s\S])*`|"(?:[^"\\]|\\[\s\S])*"|[A-Za-z_][A-Za-z0-9_]*|\d[\w.]*|[\s\S]/y

/** The engine's own read-only mode lets these two by; the others it refuses only after looking at where they point. */
const OUTSIDE =
  /^(file|url|s3|gcs|oss|cosn|hdfs|azure|iceberg|delta|hudi|paimon|remote|cluster|mysql|postgresql|mongodb|redis|sqlite|odbc|jdbc|executable|input|loop|ytsaurus|arrowflight|python|fuzzquery)/i
const FORBIDDEN = new Set(['into', 'outfile', 'settings', 'format', 'kill', 'system', 'default'])

/** The statement, without an ending semicolon, or why it may not run. Whatever looks doubtful is refused: admins have other tools. */
export function checkSql(statement: string): { sql: string; problem?: undefined } | { problem: string } {
  const words: string[] = []
  let end = statement.length
  TOKEN.lastIndex = 0
  for (let at = 0; at < statement.length; ) {
    TOKEN.lastIndex = at
    const token = TOKEN.exec(statement)![0]
    at += token.length
    if (/^(\s|--|#|\/\*)/.test(token)) continue
    if (/^["'`]$/.test(token)) return { problem: `a quote (${token}) is not closed` }
    if (/^["`]/.test(token) && token.includes('\\'))
      return { problem: `a quoted name may hold no backslash, found ${token}` }
    if (token === ';') end = at - 1
    words.push(/^["`]/.test(token) ? token.slice(1, -1) : token)
  }
  if (words.at(-1) === ';') words.pop()
  else end = statement.length
  const problem = wordsProblem(words)
  return problem === undefined ? { sql: statement.slice(0, end) } : { problem }
}

function wordsProblem(words: readonly string[]): string | undefined {
  const [first = ''] = words
  if (!/^(select|with)$/i.test(first)) return `only SELECT (or WITH … SELECT) can run here, found ${first || 'nothing'}`
  for (const [i, word] of words.entries()) {
    if (word === ';') return 'only one statement can run at a time'
    if (FORBIDDEN.has(word.toLowerCase())) return `${word.toUpperCase()} can't be used here`
    if (words[i + 1] === '(' && OUTSIDE.test(word))
      return `${word}() reaches outside the history and can't be used here`
    if (word === '$' && /^(\$|[A-Za-z_])/.test(words[i + 1] ?? '')) return "strings in dollars can't be used here"
  }
  return undefined
}
