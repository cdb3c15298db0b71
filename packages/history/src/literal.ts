/** A string as a ClickHouse literal. Everything from outside that enters SQL goes through here. */
export function text(value: string): string {
  return `'${wellFormed(value).replace(ESCAPED, escaped)}'`
}

/** A name (column, table, JSON path part) quoted. */
export function name(value: string): string {
  return `\`${wellFormed(value).replace(ESCAPED_NAME, escaped)}\``
}

/** A finite double as a literal that ClickHouse reads as the very same double. */
export function double(value: number): string {
  if (!Number.isFinite(value)) throw new Error(`BUG: ${value} has no literal`)
  return `toFloat64('${Object.is(value, -0) ? '-0' : value}')`
}

const ESCAPED = /[\\'\0\n\r\t\b\f]/g
const ESCAPED_NAME = /[\\`\0\n\r\t\b\f]/g
const ESCAPES: Record<string, string> = { '\0': '\\0', '\n': '\\n', '\r': '\\r', '\t': '\\t', '\b': '\\b', '\f': '\\f' }

function escaped(char: string): string {
  return ESCAPES[char] ?? `\\${char}`
}

/** Lone surrogates, which no UTF-8 can carry, replaced as they were in what is stored. */
function wellFormed(value: string): string {
  return Buffer.from(value).toString()
}
