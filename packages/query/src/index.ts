/**
 * @telltale/query: the one query language. A tree, its text, its meaning: parser, printer, checks, a slow and obvious
 * reference evaluator, and the partial results and sketches all evaluators share. It runs in a browser; it knows no
 * store, no channel and no clock, and never touches events other than to read them.
 * @module
 */
export { Accumulator, admits, newStates } from './accumulator.ts'
export type {
  Aggregate,
  Moment,
  Param,
  ParamKind,
  SqlArgument,
  SqlCounts,
  SqlFrequencies,
  SqlState,
} from './aggregate.ts'
export { AGGREGATES, type AggregateName, signature } from './aggregates.ts'
export { type Bucket, bucketEnd, bucketStart } from './bucket.ts'
export { type Build, Condition, events, field, has, not, Term, tag, text } from './builder.ts'
export { readBytes } from './bytes.ts'
export { check } from './check.ts'
export { type Column, columnsOf, findColumn } from './columns.ts'
export { type Completion, type Completions, complete, type KnownField } from './completion.ts'
export { Distinct, FEW, type SqlDistinct, VALUES } from './distinct.ts'
export { DAY, printDuration, readDuration } from './duration.ts'
export { finish, finishGroups, finishing, finishingGroups } from './finish.ts'
export { fold, likeText } from './fold.ts'
export { GroupList } from './group-list.ts'
export { WORDS, wordsOf } from './hash.ts'
export { fromIdentity, identityOf } from './identity.ts'
export { type Kept, keep } from './latest.ts'
export { fits, LIMITS, type Limits, limited, TooMuch, worked } from './limits.ts'
export { compares, leaves, ofEvent, predicate, type Source, type Value, valuer } from './match.ts'
export { merge, mergeGroups, merging } from './merge.ts'
export { printMoment, readMoment } from './moment.ts'
export { type Place, resolve, TOP_FIELDS, type TopField } from './names.ts'
export { nearest } from './nearest.ts'
export { compareSorted, newestFirst } from './newest.ts'
export { ARITHMETIC, COMPARISONS, CONDITIONS } from './operators.ts'
export { compareKeys, compareScalars, compareText, groupKey, scalarOf } from './order.ts'
export { paneOf } from './pane.ts'
export { type Parsed, parse } from './parse.ts'
export type * from './partial.ts'
export { globTest, regexProblem, regexTest } from './pattern.ts'
export { type Call, type Plan, plan } from './plan.ts'
export { print } from './print.ts'
export type { QueryError } from './query-error.ts'
export { type Outer, rangeOf } from './range.ts'
export { evaluate, inScope } from './reference.ts'
export { size } from './size.ts'
export {
  addToSketch,
  BUCKET_SHIFT,
  BUCKETS,
  bucketMiddle,
  bucketOf,
  bucketOfBits,
  mergeSketches,
  newSketch,
  quantileOf,
  type Sketch,
} from './sketch.ts'
export { SketchCounts } from './sketch-counts.ts'
export { First, run, type Steps, sorting } from './steps.ts'
export type * from './tree.ts'
export { isZone } from './zone.ts'
