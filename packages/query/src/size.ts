import { inline, measure, namesOf, partsOf } from './inline.ts'
import { PATTERN_LENGTH, PROGRAM, regexSize } from './pattern.ts'
import { Refusal } from './query-error.ts'
import type { Expression, Query } from './tree.ts'

/** Bounds of a query, also after the names of `set` are replaced by what they stand for. */
const SIZE = 20_000
const LEVELS = 400

/** The tree as it is written, before anything descends into it: a tree that was no text may be of any depth. */
export function written({ filter, where, set, aggregates }: Query): void {
  let level = [filter, where, ...set.map(({ value }) => value), ...aggregates.flatMap(({ args }) => args)].filter(
    node => node !== undefined,
  )
  let size = 0
  for (let depth = 1; level.length > 0; depth++) {
    size += level.length
    if (size > SIZE) throw new Refusal(`found a query of more than ${SIZE} parts`, 0, 'ask for less at a time')
    if (depth > LEVELS) throw new Refusal(`found more than ${LEVELS} levels`, 0, 'write it flatter')
    level = level.flatMap(partsOf)
  }
}

/**
 * Looks at the patterns, and how large the query gets.
 * @returns its parts, with the names of `set` filled in: about what it costs an event
 */
export function size(query: Query): number {
  const known = new Map<Expression, { size: number; depth: number }>()
  const names = namesOf(query.set)
  const all = [
    query.filter,
    query.where,
    ...names.values(),
    ...query.aggregates.flatMap(call => call.args.map(arg => inline(arg, names))),
  ]
  let total = 0
  for (const node of all) {
    if (node === undefined) continue
    const { size, depth } = measure(node, known)
    total += size
    if (total > SIZE)
      throw new Refusal(`found a query of ${total} parts with the names of set filled in, at most ${SIZE} are taken`, 0)
    if (depth > LEVELS)
      throw new Refusal(`found ${depth} levels with the names of set filled in, at most ${LEVELS} are taken`, 0)
  }
  const seen = new Set<Expression>()
  const programs = new Programs()
  const visit = (part: Expression): void => {
    if (seen.has(part)) return
    seen.add(part)
    if (part.kind === 'glob' && part.pattern.length > PATTERN_LENGTH)
      throw new Refusal(`found a glob of ${part.pattern.length} characters, at most ${PATTERN_LENGTH} are taken`, 0)
    if (part.kind === 'regex') programs.add(part.pattern, 0)
    for (const inner of partsOf(part)) visit(inner)
  }
  for (const node of all) if (node !== undefined) visit(node)
  return total
}

/** What the regular expressions of a query come to together: compiling them, and running them, takes time. */
export class Programs {
  #steps = 0

  /** Throws {@link Refusal} where a pattern is not RE2, or too much with those before. */
  add(pattern: string, position: number): void {
    const steps = regexSize(pattern)
    if (typeof steps === 'string') throw new Refusal(`the regular expression is not RE2: ${steps}`, position)
    this.#steps += steps
    if (this.#steps > PROGRAM)
      throw new Refusal(
        `found regular expressions of ${this.#steps} steps, at most ${PROGRAM} are taken`,
        position,
        'repeat less, as in {10} for {1000}, or use fewer of them',
      )
  }
}
