import { FIRST_TEXT, NUMBER } from '@telltale/event'
import { type Call, type Distinct, type Steps, WORDS, wordsOf } from '@telltale/query'
import type { Cells } from '../cells.ts'
import { columnsOf } from '../columns.ts'
import { scalarAt } from '../scalar.ts'
import type { Scratch } from '../scratch.ts'
import type { Assigned } from './groups.ts'
import { gatherCells } from './numbers.ts'
import type { Tally } from './tally.ts'
import { eachValue } from './values.ts'

/** Numbers, and texts, to a step. */
const NUMBERS = 8192
const TEXTS = 512

/** Groups copied in a step. */
const SOME = 64

/** Of each code of a chunk: whether its words are known, and them. */
interface Known {
  readonly state: Uint8Array
  readonly high: Uint32Array
  readonly low: Uint32Array
}
const [IS_VALUE, IS_MISSING] = [1, 2]

/** For uniq. */
export class Distincts implements Tally {
  readonly #call: Call
  readonly #each: ReturnType<typeof eachValue>
  #states: Distinct[] = []
  /** Somebody holds the states: what comes now is added to others. */
  #given = false
  readonly #found: Float64Array
  readonly #of: Int32Array

  constructor(call: Call, scratch: Scratch) {
    this.#call = call
    this.#each = eachValue(call.argument!)
    this.#found = scratch.doubles()
    this.#of = scratch.ints()
  }

  *add({ chunk, groups, count }: Assigned): Steps<void> {
    if (this.#given) yield* this.#copy()
    const states = this.#states
    while (states.length < count) states.push(this.#call.aggregate.init() as Distinct)
    const argument = this.#call.argument!
    const columns = argument.kind === 'field' ? columnsOf(chunk, argument.name) : undefined
    if (columns !== undefined) for (const cells of columns) yield* this.#addCells(cells, groups)
    else yield* this.#each(chunk, groups, (group, value) => states[group]!.add(value))
  }

  *#addCells(cells: Cells, groups: Int32Array): Steps<void> {
    const count = gatherCells(cells, groups, this.#found, this.#of)
    for (let from = 0; from < count; from += NUMBERS) {
      this.#addNumbers(from, Math.min(count, from + NUMBERS))
      yield
    }
    if (cells.codes === undefined && cells.numbers !== undefined) return
    const { size } = cells.texts
    const known = { state: new Uint8Array(size), high: new Uint32Array(size), low: new Uint32Array(size) }
    known.state[NUMBER] = IS_MISSING
    for (let from = 0; from < cells.count; from += TEXTS) {
      this.#addTexts(cells, from, Math.min(cells.count, from + TEXTS), known, groups)
      yield
    }
  }

  #addNumbers(from: number, to: number): void {
    const states = this.#states
    const of = this.#of
    const found = this.#found
    for (let i = from; i < to; i++) states[of[i]!]!.addNumber(found[i]!)
  }

  #addTexts({ rows, codes, texts }: Cells, from: number, to: number, known: Known, groups: Int32Array): void {
    const states = this.#states
    const { state, high, low } = known
    for (let i = from; i < to; i++) {
      const group = groups[rows === undefined ? i : rows[i]!]!
      if (group < 0) continue
      const code = codes === undefined ? FIRST_TEXT + i : codes[i]!
      if (state[code] === 0) {
        const value = scalarAt(texts, code)
        if (value !== null) wordsOf(value)
        state[code] = value === null ? IS_MISSING : IS_VALUE
        high[code] = WORDS[0]!
        low[code] = WORDS[1]!
      }
      if (state[code] === IS_VALUE) states[group]!.addWords(high[code]!, low[code]!)
    }
  }

  *#copy(): Steps<void> {
    const states: Distinct[] = []
    for (const state of this.#states) {
      states.push(state.copy())
      if (state.size > SOME || states.length % SOME === 0) yield
    }
    this.#states = states
    this.#given = false
  }

  *settling(): Steps<void> {
    for (const state of this.#states) if (!state.isExact) yield* state.settling()
  }

  state(group: number): Distinct {
    this.#given = true
    return (this.#states[group] ??= this.#call.aggregate.init() as Distinct)
  }
}
