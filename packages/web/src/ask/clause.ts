/**
 * Reading and changing the text of a query without understanding all of it: only quotes, regexes and bars matter here.
 * The text stays what the person wrote; the server has the last word on what it means.
 */

/** The stages between the bars that are outside quotes and regexes. */
export function stages(query: string): string[] {
  const parts: string[] = []
  let start = 0
  let quote = ''
  for (let i = 0; i < query.length; i++) {
    const c = query[i]!
    if (quote !== '') {
      if (c === '\\') i++
      else if (c === quote) quote = ''
    } else if (c === '"' || c === "'") quote = c
    else if (c === '/' && /~\s*$/.test(query.slice(start, i))) quote = '/'
    else if (c === '|') {
      parts.push(query.slice(start, i).trim())
      start = i + 1
    }
  }
  parts.push(query.slice(start).trim())
  return parts
}

const RANGE = /^(last\s+\d+\s*\w+|between\s.*|from\s.*)$/i
const VERB = /^(set|where|sort|limit|by|over)\b/i
const CALL = /^[a-z]\w*\s*\(/i
const isFilter = (stage: string) => stage !== '' && !RANGE.test(stage) && !VERB.test(stage) && !(CALL.test(stage) && !/^(not|has)\b/i.test(stage))

/** The stage that filters, '' where every event counts. */
export function filterOf(query: string): string {
  const parts = stages(query)
  const at = RANGE.test(parts[0]!) ? 1 : 0
  const stage = parts[at] ?? ''
  return isFilter(stage) ? stage : ''
}

/** Whether the answer is a table of numbers and not events. */
export function hasAggregates(query: string): boolean {
  return stages(query).some(stage => CALL.test(stage) && !/^(not|has)\s*\(/i.test(stage))
}

/** `filter | rest`, or only what is there. */
export function withStages(filter: string, rest: string): string {
  return filter === '' ? rest : `${filter} | ${rest}`
}

/** Adds `clause` to the filter; takes it out again where it already is one of its `and`s. */
export function toggleClause(query: string, clause: string): string {
  const filter = filterOf(query)
  const parts = stages(query)
  const rest = parts.filter(part => part !== '' && part !== filter && !RANGE.test(part))
  const range = parts.filter(part => RANGE.test(part))
  const clauses = conjuncts(filter)
  const without = clauses.filter(item => item !== clause)
  const next = without.length < clauses.length ? without : [...clauses.map(grouped), clause]
  return [...range, next.join(' and '), ...rest].filter(part => part !== '').join(' | ')
}

/** Whether the filter asks for exactly this clause (as one of its `and`s). */
export function hasClause(query: string, clause: string): boolean {
  return conjuncts(filterOf(query)).includes(clause)
}

/** `field = value` as the language writes it; undefined where the language can't ask for that value. */
export function equals(field: string, value: unknown): string | undefined {
  const name = /^[A-Za-z_][\w.-]*$/.test(field) ? field : undefined
  if (name === undefined) return undefined
  if (value === null) return `not has ${name}`
  if (typeof value === 'number' || typeof value === 'boolean') return `${name} = ${value}`
  return typeof value === 'string' ? `${name} = ${literal(value)}` : undefined
}

const RESERVED = /^(and|or|not|in|has|by|over|every|as|set|where|sort|limit|last|asc|desc|true|false|null)$/i

/** A string the way the language writes it: bare where it can be, else quoted. */
export function literal(text: string): string {
  return (/^[A-Za-z_]\w*$/.test(text) && !RESERVED.test(text)) || /^\d{1,15}$/.test(text) ? text : JSON.stringify(text)
}

/** Splits at the `and`s that are outside quotes and brackets; one item where there is an `or` beside them. */
function conjuncts(filter: string): string[] {
  if (filter === '') return []
  const parts: string[] = []
  let depth = 0
  let start = 0
  for (const { 0: token, index } of filter.matchAll(/"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|~\s*\/(?:\\.|[^/\\])*\/|[()]|\b(?:and|or)\b/gi)) {
    if (token === '(') depth++
    else if (token === ')') depth--
    else if (depth === 0 && /^or$/i.test(token)) return [filter]
    else if (depth === 0 && /^and$/i.test(token)) {
      parts.push(filter.slice(start, index).trim())
      start = index + token.length
    }
  }
  parts.push(filter.slice(start).trim())
  return parts.filter(part => part !== '')
}

function grouped(clause: string, _at: number, all: readonly string[]): string {
  return all.length === 1 && /\bor\b/i.test(clause) && !/^\(.*\)$/.test(clause) ? `(${clause})` : clause
}
