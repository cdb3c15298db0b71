import { TOP_KEYS } from './event.ts'
import { Lead } from './lead.ts'
import { Word } from './words.ts'

/**
 * Where a value sits inside `additional_info`: a node in a tree of keys. Interned per {@link Schema}, so the same
 * place is the same object.
 */
export class Path {
  readonly children: Map<string, Path> = new Map()
  /** The keys from `additional_info` down. Empty for `additional_info` itself. */
  readonly keys: readonly string[]
  /** How a query names it: the keys joined by dots. Two paths may share a name (`{"a.b":1}` and `{"a":{"b":1}}`). */
  readonly name: string
  /** How many keys. */
  readonly depth: number
  readonly id: number
  readonly parent: Path | undefined
  /** The last key as JSON writes it, quotes included. */
  readonly word: Word
  /** Whether {@link word} is the key's own bytes, without escapes. */
  readonly plain: boolean
  /** Whether it has the name of one of {@link TOP_KEYS}, so that at top level its key means something else. */
  readonly isTop: boolean
  /** The event that met this path last; a second meeting in one event is a duplicate key. For the scanner. */
  stamp = 0
  /** The batch that met it last, by its id, and which of its columns it has there. For batches. */
  batch = 0
  column = 0
  /** Cells a row had here on average in the batch scanned last; NaN before. (Never a small integer, which V8 would keep another way.) */
  share: number = Number.NaN
  #byHash: Map<number, Path> | undefined

  constructor(id: number, parent: Path | undefined, key: string) {
    this.id = id
    this.parent = parent
    this.keys = parent ? [...parent.keys, key] : []
    this.depth = this.keys.length
    // Concatenated, not joined: V8 then shares the parent's text, so that one long key over many costs its length once.
    this.name = parent?.parent ? `${parent.name}.${key}` : key
    this.isTop = TOP_KEYS.includes(this.name)
    const json = JSON.stringify(key)
    this.word = new Word(json)
    this.plain = !json.includes('\\')
  }

  /** The child known to have this hash, if any; the caller must compare its bytes. */
  hashed(hash: number): Path | undefined {
    return this.#byHash?.get(hash)
  }

  /** Lets a child be found by the hash of its key. The first of a hash stays, so that colliding keys cost no chain. */
  remember(hash: number, child: Path): void {
    this.#byHash ??= new Map()
    if (!this.#byHash.has(hash)) this.#byHash.set(hash, child)
  }
}

/** Of so many ways to go on from a shape the scanner looks whether an event takes them. */
const STEPS = 6

/**
 * The ordered list of paths an event fills, as a node in a tree: each event walks from the empty shape, one step per
 * value. Events built alike share one shape, and a row can be rebuilt in the very order it came. The paths of one
 * object stand together.
 */
export class Shape {
  readonly id: number
  readonly parent: Shape | undefined
  /** The last path of the list; undefined for the empty shape. */
  readonly path: Path | undefined
  /** What came next in other events, at most {@link STEPS} of it, what came often first. */
  readonly steps: Shape[] = []
  /** The first four bytes of its {@link lead}; 0 as long as it is not to be expected. */
  start = 0
  #lead: Lead | undefined
  /** All that came next, where that is more. */
  #children: Map<Path, Shape> | undefined
  #paths: readonly Path[] | undefined

  constructor(id: number, parent: Shape | undefined, path: Path | undefined) {
    this.id = id
    this.parent = parent
    this.path = path
  }

  /** All paths in order. */
  get paths(): readonly Path[] {
    if (this.#paths === undefined) {
      const list: Path[] = []
      for (let at: Shape | undefined = this; at?.path; at = at.parent) list.push(at.path)
      this.#paths = list.reverse()
    }
    return this.#paths
  }

  /** What stands before the value. Kept per step, not per whole list, so that lists with a common start share it. */
  get lead(): Lead {
    const lead = this.#lead
    return lead === undefined ? this.#led() : lead
  }

  #led(): Lead {
    this.#lead = new Lead(this.parent?.path, this.path!)
    this.start = this.#lead.word.view.getInt32(0, true)
    return this.#lead
  }

  /** The shape that has this path more, if it was met. */
  next(path: Path): Shape | undefined {
    const { steps } = this
    for (let k = 0; k < steps.length; k++) {
      const next = steps[k]!
      if (next.path !== path) continue
      // What came twice is worth expecting.
      if (next.start === 0) next.#led()
      return next
    }
    const next = this.#children?.get(path)
    if (next !== undefined) steps[STEPS - 1] = next
    return next
  }

  adopt(next: Shape): void {
    const { steps } = this
    if (steps.length < STEPS) {
      steps.push(next)
      return
    }
    this.#children ??= new Map(steps.map(step => [step.path!, step]))
    this.#children.set(next.path!, next)
    steps[STEPS - 1] = next
  }

  /** Says that the step at k came next once more. */
  prefer(k: number): void {
    if (k === 0) return
    const { steps } = this
    const next = steps[k]!
    steps[k] = steps[k - 1]!
    steps[k - 1] = next
  }
}

/**
 * Every path and shape seen so far. One schema is shared by all who build batches in a process, so batches and ring
 * chunks need no translation. It only grows; when it is {@link Schema.full} (a sender that makes up keys) it is
 * replaced by a fresh one, and the old one goes with the last batch that refers to it.
 */
export class Schema {
  static #shared: Schema = new Schema()
  readonly paths: Path[] = []
  readonly shapes: Shape[] = []
  readonly root: Path
  readonly empty: Shape
  /** Characters of all keys together. */
  #keyed = 0
  readonly #limit: number

  /** @param limit how many paths and shapes together make it full; 256 characters of keys weigh as much as one */
  constructor(limit = 65_536) {
    this.#limit = limit
    this.root = new Path(0, undefined, '')
    this.paths.push(this.root)
    this.empty = new Shape(0, undefined, undefined)
    this.shapes.push(this.empty)
  }

  /** The schema everybody shares now. A builder must ask again for each new batch. */
  static shared(): Schema {
    if (Schema.#shared.full) Schema.#shared = new Schema()
    return Schema.#shared
  }

  get full(): boolean {
    return this.paths.length + this.shapes.length + this.#keyed / 256 >= this.#limit
  }

  /** The path one key below `parent`. */
  child(parent: Path, key: string): Path {
    let path = parent.children.get(key)
    if (path === undefined) {
      path = new Path(this.paths.length, parent, key)
      parent.children.set(key, path)
      this.paths.push(path)
      this.#keyed += key.length
    }
    return path
  }

  /** The path one key below `parent`, the key given as its unescaped UTF-8 bytes and their hash. */
  childOf(parent: Path, source: Buffer, start: number, end: number, hash: number): Path {
    const known = parent.hashed(hash)
    if (known !== undefined && isKey(known, source, start, end)) return known
    const path = this.child(parent, source.toString('utf8', start, end))
    parent.remember(hash, path)
    return path
  }

  /** The path of these keys, made if new. */
  path(keys: readonly string[]): Path {
    let at = this.root
    for (const key of keys) at = this.child(at, key)
    return at
  }

  /** The shape that has one more path than `shape`. */
  step(shape: Shape, path: Path): Shape {
    const known = shape.next(path)
    if (known !== undefined) return known
    const next = new Shape(this.shapes.length, shape, path)
    shape.adopt(next)
    this.shapes.push(next)
    return next
  }
}

/** Whether source[start..end) is the last key of this path; a key that needs escapes is not known this way. */
function isKey({ word, plain }: Path, source: Buffer, start: number, end: number): boolean {
  if (!plain || word.length !== end - start + 2) return false
  for (let i = 1; start < end; i++, start++) if (word.bytes[i] !== source[start]) return false
  return true
}
