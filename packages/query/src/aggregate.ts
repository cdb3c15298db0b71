import type { State } from './partial.ts'
import type { Steps } from './steps.ts'
import type { Scalar } from './tree.ts'

/** What may stand as an argument. All but `literal` kinds are computed per event. */
export type ParamKind =
  /** Numbers count, anything else is ignored. */
  | 'number'
  /** Anything but missing counts; an array as its compact JSON text. */
  | 'value'
  /** A condition; counts where it holds. */
  | 'condition'
  /** A number written in the query. */
  | 'constant'
  /** A duration written in the query, in ms. */
  | 'duration'

export interface Param {
  readonly name: string
  readonly kind: ParamKind
  /** Taken where the argument is left out. Absent: it must be given, unless `optional`. */
  readonly byDefault?: number
  readonly optional?: boolean
}

/** When an added value happened: its event's time in ms and seq (0 before it is journaled). */
export interface Moment {
  readonly time: number
  readonly seq: number
}

/** The argument of an aggregate as SQL expressions; each evaluator of SQL says how it makes them. */
export interface SqlArgument {
  /** Nullable(Float64): the number, NULL for anything else. */
  readonly number: string
  /** Nullable(String): the value's identity (see identity.ts), NULL where it is missing. */
  readonly identity: string
  /** Nullable(UInt64): the value's words (see hash.ts), NULL where it is missing. */
  readonly words: string
  /** What tells values apart, of a type that can't be NULL; anything where there is none. */
  readonly different: string
  /** UInt8: whether there is a value. */
  readonly there: string
  /** How distinct values are to come: all of them, how many they are and no more, or as an estimate. */
  readonly distinct: 'listed' | 'counted' | 'estimated'
  /** UInt8: whether the condition holds. For no argument: `1`. */
  readonly condition: string
  /** Float64: the event's time in ms. */
  readonly time: string
  /** UInt64: the event's seq. */
  readonly seq: string
  /** States must not grow with the events of a group, but for how much they differ. */
  readonly many: boolean
  /** Nothing but the quantiles at these levels will be asked of the state, and it won't be merged. */
  readonly levels?: readonly number[]
}

/** An expression of SQL; or how often each value of the argument was met, of the `most` most frequent ones. */
export type SqlState = string | { readonly most: number }

/** Values and how often each was met, the most frequent first: what {@link SqlState} of that kind gives. */
export interface SqlFrequencies {
  readonly values: readonly (string | number | boolean)[]
  readonly counts: readonly number[]
}

/** A state of quantileExactWeighted over UInt32: how often each was met, in no order. */
export interface SqlCounts {
  readonly keys: Uint32Array
  readonly counts: Float64Array
}

/**
 * An aggregate function: everything the language knows of it. A new one is one new entry of the table in aggregates.ts;
 * parser, checker, evaluators, SQL, completion and documentation follow.
 *
 * States must be plain JSON data, or turn into such by a `toJSON` whose results `merge` takes as well. `add` must be given only values its parameter admits, and returns the state, which
 * may be the same object, changed. `merge` must change neither, commute and associate.
 */
export interface Aggregate<S = State> {
  readonly name: string
  /** The value per event comes first, if there is one. */
  readonly params: readonly Param[]
  /** One sentence, for completion and documentation. */
  readonly doc: string
  /** A query that uses it. */
  readonly example: string
  /** The type of the result; `argument` where it is its argument's. */
  readonly type: 'number' | 'json' | 'argument'
  /** Aggregates of one family over the same argument (and constants, unless `free`) keep one state between them. */
  readonly family: string
  /** Constants matter to the result only, not to the state. */
  readonly free?: boolean
  /** What is wrong with the constants; undefined where nothing is. */
  readonly problem?: (constants: readonly number[]) => string | undefined
  init(): S
  add(state: S, value: Scalar, at: Moment): S
  merge(a: S, b: S): S
  /** As {@link merge}, where that may take long. */
  merging?(a: S, b: S): Steps<S>
  /** What merging all of them one by one gives, where that can be had for less. At least two. */
  mergeAll?(states: readonly S[]): S
  /** `span`: the ms of time the group covers; undefined where that is not known. Must not be called with a state of another family. */
  result(state: S, constants: readonly number[], span: number | undefined): unknown
  /** Values that the state holds beyond what any group may, see held.ts. Infinity: it held too many. */
  held?(state: S): number
  /** The state with an estimate in place of those values; undefined where it has none. */
  estimating?(state: S): Steps<S> | undefined
  /** What it is in windows that slide: there are many of these, so that each must hold less. */
  readonly sliding?: Aggregate<S>
  /** The result is the quantile at this level. */
  level?(constants: readonly number[]): number
  /** ClickHouse expressions, without aliases, that compute the state of a group. */
  sql(argument: SqlArgument): SqlState[]
  /** An expression of the result, which sorts groups as the result does; NULL where that is null. Absent: SQL can't tell it. */
  sqlResult?(argument: SqlArgument): string
  /**
   * The state from the values of {@link sql}'s expressions: whole numbers as numbers, arrays of such as typed arrays,
   * states of the engine's own aggregates as their types here say. undefined where only what SQL gives for `many` can tell.
   */
  fromSql(values: readonly unknown[]): S | undefined
}
