import type { Batch } from './batch.ts'
import type { Compactor } from './compact.ts'
import { FALSE, NULL, TRUE } from './dictionary.ts'
import {
  CLOSE,
  COLON,
  COMMA,
  Fault,
  isNumber,
  type Lexer,
  NULL_LETTER,
  OPEN,
  OPEN_ARRAY,
  QUOTE,
  TRUE_LETTER,
} from './lexer.ts'
import type { Path, Shape } from './schema.ts'

/** Rises with every event read, so that a path knows whether it was met in this one. */
let stamps = 0

/** Reads the values of one event's additional_info from bytes into the cells of a row. */
export class CellReader {
  /** Set where a path was met twice; from there on nothing is put into cells. */
  repeated = false
  shape!: Shape
  #batch!: Batch
  #row = 0
  #stamp = 0
  #after = 0
  readonly #lexer: Lexer
  readonly #compactor: Compactor

  constructor(lexer: Lexer, compactor: Compactor) {
    this.#lexer = lexer
    this.#compactor = compactor
  }

  /** The next event goes into the row being built of this batch. */
  begin(batch: Batch): void {
    this.#batch = batch
    this.#row = batch.length
    this.#stamp = stamps = (stamps + 1) & 0x3fffffff
    this.shape = batch.schema.empty
    this.repeated = false
  }

  /** The path of the key at i where it is one that followed in other events; i + path.word.length is then after the key. */
  predicted(i: number, parent: Path): Path | undefined {
    const { steps } = this.shape
    const depth = parent.depth + 1
    for (let k = 0; k < steps.length; k++) {
      let path = steps[k]!.path!
      while (path.depth > depth) path = path.parent!
      if (path.parent === parent && this.#lexer.begins(i, path.word)) return path
    }
    return undefined
  }

  /** Reads the value at i; a container there would have this depth. @returns where it ends */
  value(i: number, path: Path, depth: number): number {
    this.#meet(path)
    if (this.#lexer.bytes[i] !== OPEN) return this.#leaf(i, path, depth, undefined)
    const first = this.#enter(i, path, depth)
    return first > 0 ? this.members(i, path, depth) : -first
  }

  /**
   * Reads the members of the object at i, which has some. As long as they are written like those of the event before,
   * all that stands between two values is compared at once; what is not is read word by word.
   * @returns after the closing brace
   */
  members(i: number, parent: Path, depth: number): number {
    const lexer = this.#lexer
    const { bytes } = lexer
    /** Containers of additional_info's first level have this depth, less one. */
    const base = depth - parent.depth
    let at = parent
    let first = true
    for (;;) {
      // Before the first member only additional_info itself can go on as an event did: from its brace.
      const likely = first && at.depth > 0 ? undefined : this.#likely(i, parent, base)
      let path: Path
      if (likely !== undefined) {
        path = likely.path!
        at = path.parent!
        i += likely.lead.word.length
      } else {
        if (first) i = lexer.space(i + 1)
        else {
          for (;;) {
            if (bytes[i]! <= 0x20) i = lexer.space(i)
            if (bytes[i] === COMMA) break
            if (bytes[i] !== CLOSE) throw new Fault(i, '"," or "}"')
            i++
            if (at === parent) return i
            at = at.parent!
          }
          i = lexer.space(i + 1)
        }
        path = this.#key(i, at)
        i = this.#after
      }
      first = false
      if (bytes[i]! <= 0x20) i = lexer.space(i)
      this.#meet(path)
      if (bytes[i] !== OPEN) i = this.#leaf(i, path, base + path.depth, likely)
      else {
        const inside = this.#enter(i, path, base + path.depth)
        if (inside > 0) {
          at = path
          first = true
        } else i = -inside
      }
    }
  }

  /** The step that the bytes at i lead to, from what was read of this event, if it is one of the usual. */
  #likely(i: number, parent: Path, base: number): Shape | undefined {
    const lexer = this.#lexer
    const { steps } = this.shape
    if (this.repeated || i + 4 > lexer.bytes.length) return undefined
    const start = lexer.view.getInt32(i, true)
    for (let k = 0; k < steps.length; k++) {
      const next = steps[k]!
      if (next.start !== start) continue
      const { lead } = next
      if (!lexer.begins(i, lead.word)) continue
      this.shape.prefer(k)
      return this.#allowed(next, parent, base) ? next : undefined
    }
    return undefined
  }

  /** Counts what stands before this step's value, if all of it may stand there. */
  #allowed(next: Shape, parent: Path, base: number): boolean {
    const { opened, kept } = next.lead
    const compactor = this.#compactor
    if (kept < parent.depth || !compactor.allows(opened + 1, base + next.path!.depth - 1)) return false
    compactor.keys += opened + 1
    let container = next.path!.parent!
    for (let n = opened; n > 0; n--, container = container.parent!) this.#meet(container)
    return true
  }

  /** Reads the key at i of the object at this path, and the colon. Leaves in {@link #after} where its value may start. */
  #key(i: number, at: Path): Path {
    const lexer = this.#lexer
    const { bytes } = lexer
    if (bytes[i] !== QUOTE) throw new Fault(i, 'a key in double quotes')
    this.#compactor.count(i)
    let path = this.predicted(i, at)
    if (path !== undefined) i += path.word.length
    else {
      i = lexer.string(i + 1)
      path = this.#batch.schema.childOf(at, lexer.source, lexer.from, lexer.to, lexer.hash)
    }
    this.#after = bytes[i] === COLON ? i + 1 : lexer.expect(lexer.space(i), COLON)
    return path
  }

  /** @returns where the first key of the object at i is or, negative, where the object ends that has none */
  #enter(i: number, path: Path, depth: number): number {
    this.#compactor.descend(i, depth)
    const first = this.#lexer.space(i + 1)
    if (this.#lexer.bytes[first] !== CLOSE) return first
    this.#empty(path)
    return -(first + 1)
  }

  #meet(path: Path): void {
    if (path.stamp === this.#stamp) this.repeated = true
    path.stamp = this.#stamp
  }

  /** The value at i, which is no object with members; `next` is the shape that has its path more, where that is known. */
  #leaf(i: number, path: Path, depth: number, next: Shape | undefined): number {
    const lexer = this.#lexer
    const b = lexer.bytes[i]!
    let end: number
    if (b === QUOTE) {
      end = lexer.string(i + 1)
      if (!this.repeated) this.#text(path, next)
    } else if (isNumber(b)) {
      end = lexer.number(i)
      if (!this.repeated) this.#number(path, i, end, next)
    } else if (b === OPEN_ARRAY) {
      const compactor = this.#compactor
      end = compactor.copy(i, depth)
      if (!this.repeated) this.#put(path, this.#batch.dictionary.add(compactor.out, 0, compactor.length, 1), next)
    } else {
      end = lexer.literal(i)
      if (!this.repeated) this.#put(path, b === NULL_LETTER ? NULL : b === TRUE_LETTER ? TRUE : FALSE, next)
    }
    return end
  }

  /** Puts the string read last. */
  #text(path: Path, next: Shape | undefined): void {
    const batch = this.#batch
    const { source, from, to, hash, sourceView } = this.#lexer
    this.shape = next ?? batch.schema.step(this.shape, path)
    batch.ensure(path).pushCode(this.#row, batch.dictionary.addHashed(source, from, to, 0, hash, sourceView))
  }

  #put(path: Path, code: number, next: Shape | undefined): void {
    this.shape = next ?? this.#batch.schema.step(this.shape, path)
    this.#batch.ensure(path).pushCode(this.#row, code)
  }

  #empty(path: Path): void {
    if (!this.repeated) this.#put(path, this.#batch.dictionary.jsonText('{}'), undefined)
  }

  #number(path: Path, i: number, end: number, next: Shape | undefined): void {
    const lexer = this.#lexer
    this.shape = next ?? this.#batch.schema.step(this.shape, path)
    const column = this.#batch.ensure(path)
    if (lexer.isExact(i, end)) column.pushNumber(this.#row, lexer.value)
    else if (Number.isFinite(lexer.value))
      column.pushNumber(this.#row, lexer.value, this.#batch.dictionary.add(lexer.bytes, i, end, 1))
    else this.#compactor.beyond = true
  }
}
