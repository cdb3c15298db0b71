/**
 * The query as a value: frozen data, nodes told apart by `kind`. Text, builder and web page all make this; every
 * evaluator reads only this.
 */
export interface Query {
  readonly kind: 'query'
  /** Absent where the range comes from outside (a time picker, `from` and `to` of a request). */
  readonly range?: Range
  /** Absent: every event. */
  readonly filter?: Expression
  readonly set: readonly Assignment[]
  /** Empty: the query returns events, newest first (time, then seq, both descending). */
  readonly aggregates: readonly AggregateCall[]
  /** Group keys, without the time bucket. */
  readonly by: readonly Field[]
  readonly window?: Window
  /** Over the rows of the result: fields name result columns. Without aggregates: one more condition on events, after `set`. */
  readonly where?: Expression
  readonly sort: readonly SortKey[]
  readonly limit?: number
}

/** `last 24h`, or two times in ms; to is exclusive. */
export type Range =
  | { readonly kind: 'last'; readonly ms: number }
  | { readonly kind: 'between'; readonly from: number; readonly to: number }

export type Expression =
  | Literal
  | Field
  | { readonly kind: 'compare'; readonly op: Comparison; readonly left: Expression; readonly right: Expression }
  | { readonly kind: 'in'; readonly left: Expression; readonly values: readonly Literal[] }
  /** `*` any run of characters, `?` any one; the whole value must match; case counts. */
  | { readonly kind: 'glob'; readonly left: Expression; readonly pattern: string }
  /** RE2; found anywhere in the value. */
  | { readonly kind: 'regex'; readonly left: Expression; readonly pattern: string }
  /** Case-insensitive substring, anywhere in the event. */
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'has'; readonly field: Field }
  | { readonly kind: 'tag'; readonly tag: string }
  | { readonly kind: 'and' | 'or'; readonly items: readonly Expression[] }
  | { readonly kind: 'not'; readonly item: Expression }
  | { readonly kind: 'arithmetic'; readonly op: Arithmetic; readonly left: Expression; readonly right: Expression }

export type Comparison = '=' | '!=' | '<' | '<=' | '>' | '>='
export type Arithmetic = '+' | '-' | '*' | '/' | '%'
export type Scalar = string | number | boolean | null

export interface Literal {
  readonly kind: 'literal'
  readonly value: Scalar
  /** As it was written, so that `type = 404` can compare the text with a field that is always a string. */
  readonly text: string
}

export interface Field {
  readonly kind: 'field'
  /** A top-level key if there is one of that name, else the path in additional_info (keys joined by dots). */
  readonly name: string
}

export interface Assignment {
  readonly name: string
  readonly value: Expression
}

export interface AggregateCall {
  readonly kind: 'aggregate'
  /** A name of the aggregate table: count, sum, p99 … */
  readonly fn: string
  readonly args: readonly Expression[]
  /** The result column: `as` name, else the call as printed, e.g. `p99(execution_time)`. */
  readonly name: string
}

export type Window =
  /**
   * `by url, 1m`: aligned buckets; the bucket's start in ms is the last key, its column is named `time`.
   * `at`: before which key of `by` the column stands in the result; absent: after all.
   */
  | { readonly kind: 'tumbling'; readonly ms: number; readonly zone: string; readonly at?: number }
  /** `over 5m [every 5s]`: `ms` is a multiple of `every`. Over a past range a row per pane, its `time` the window's end. */
  | { readonly kind: 'sliding'; readonly ms: number; readonly every: number }
  /** `over 100 events` */
  | { readonly kind: 'count'; readonly events: number }

export interface SortKey {
  /** A result column; for events a field. */
  readonly column: string
  readonly descending: boolean
}
