import type { Arithmetic, Comparison } from './tree.ts'

/** How tightly operators bind; higher is tighter. Comparisons do not chain. */
export const BINDING = { or: 1, and: 2, not: 3, compare: 4, sum: 5, product: 6, operand: 7 } as const

interface Documented {
  readonly doc: string
  /** A query that uses it. */
  readonly example: string
}

export interface ComparisonEntry extends Documented {
  /** Whether it holds, given the order of two values of one type: negative, 0 or positive. */
  readonly holds: (order: number) => boolean
  /** Needs an order, which booleans have not. */
  readonly ordered: boolean
  readonly sql: string
}

export interface ArithmeticEntry extends Documented {
  readonly binding: number
  readonly apply: (a: number, b: number) => number
  /** The ClickHouse function of two Float64. */
  readonly sql: string
}

export const COMPARISONS: Readonly<Record<Comparison, ComparisonEntry>> = {
  '=': { holds: order => order === 0, ordered: false, sql: '=', doc: 'equal', example: 'type = exception' },
  '!=': {
    holds: order => order !== 0,
    ordered: false,
    sql: '!=',
    doc: 'there, of the same type, and not equal',
    example: 'hostname != dc0-web01',
  },
  '<': { holds: order => order < 0, ordered: true, sql: '<', doc: 'less', example: 'disk_free < 0.1' },
  '<=': { holds: order => order <= 0, ordered: true, sql: '<=', doc: 'less or equal', example: 'attempt <= 3' },
  '>': { holds: order => order > 0, ordered: true, sql: '>', doc: 'greater', example: 'execution_time > 0.5' },
  '>=': { holds: order => order >= 0, ordered: true, sql: '>=', doc: 'greater or equal', example: 'status >= 500' },
}

export const ARITHMETIC: Readonly<Record<Arithmetic, ArithmeticEntry>> = {
  '+': {
    binding: BINDING.sum,
    apply: (a, b) => a + b,
    sql: 'plus',
    doc: 'sum',
    example: 'set total = bytes_in + bytes_out',
  },
  '-': {
    binding: BINDING.sum,
    apply: (a, b) => a - b,
    sql: 'minus',
    doc: 'difference (with spaces around it, else it is part of a name)',
    example: 'set free = heap_max - heap_used',
  },
  '*': {
    binding: BINDING.product,
    apply: (a, b) => a * b,
    sql: 'multiply',
    doc: 'product',
    example: 'set ms = execution_time * 1000',
  },
  '/': {
    binding: BINDING.product,
    apply: (a, b) => a / b,
    sql: 'divide',
    doc: 'quotient',
    example: 'set used = heap_used / heap_max',
  },
  '%': {
    binding: BINDING.product,
    apply: (a, b) => a % b,
    sql: 'modulo',
    doc: 'remainder, with the sign of the left side',
    example: 'set shard = user_id % 16',
  },
}

/** Operators and words that make conditions and are neither comparisons nor arithmetic, for completion and documentation. */
export const CONDITIONS: Readonly<Record<string, Documented>> = {
  and: { doc: 'both hold', example: 'type = gc and pause_ms > 100' },
  or: { doc: 'at least one holds', example: 'type = timeout or type = exception' },
  not: { doc: 'does not hold; true where the field is missing', example: 'not (status < 500)' },
  in: { doc: 'equal to one of a list', example: 'type in (404, exception)' },
  '~': { doc: 'matches a glob (* any characters, ? any one) as a whole', example: 'hostname ~ "dc0-*"' },
  '~ //': { doc: 'a regular expression (RE2) is found in it', example: 'message ~ /time(d )?out/' },
  '!~': { doc: 'does not match; short for not … ~', example: 'url !~ "*/health"' },
  has: { doc: 'the field is there and not null', example: 'has backtrace' },
  'tag:': { doc: 'carries exactly this tag', example: 'tag:slow' },
}

/** Words that cannot stand alone as names or texts; in backticks any name can, in quotes any text. */
export const RESERVED: ReadonlySet<string> = new Set([
  ...['and', 'or', 'not', 'in', 'has', 'by', 'as', 'over', 'every', 'true', 'false', 'null'],
  ...['last', 'between', 'set', 'where', 'sort', 'limit', 'asc', 'desc', 'events', 'tag', 'text'],
])

export function isComparison(symbol: string): symbol is Comparison {
  return Object.hasOwn(COMPARISONS, symbol)
}

export function isArithmetic(symbol: string): symbol is Arithmetic {
  return Object.hasOwn(ARITHMETIC, symbol)
}
