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
  readonly id: number
  readonly parent: Path | undefined

  constructor(id: number, parent: Path | undefined, key: string) {
    this.id = id
    this.parent = parent
    this.keys = parent ? [...parent.keys, key] : []
    this.name = this.keys.join('.')
  }
}

/**
 * The ordered list of paths an event fills, as a node in a tree: each event walks from the empty shape, one step per
 * value. Events built alike share one shape, and a row can be rebuilt in the very order it came.
 */
export class Shape {
  readonly children: Map<Path, Shape> = new Map()
  readonly id: number
  readonly parent: Shape | undefined
  /** The last path of the list; undefined for the empty shape. */
  readonly path: Path | undefined
  /** The child taken last time: most events repeat the one before. */
  likely: Shape | undefined
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
  readonly #limit: number

  /** @param limit how many paths and shapes together make it full */
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
    return this.paths.length + this.shapes.length >= this.#limit
  }

  /** The path one key below `parent`. */
  child(parent: Path, key: string): Path {
    let path = parent.children.get(key)
    if (path === undefined) {
      path = new Path(this.paths.length, parent, key)
      parent.children.set(key, path)
      this.paths.push(path)
    }
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
    const likely = shape.likely
    if (likely !== undefined && likely.path === path) return likely
    let next = shape.children.get(path)
    if (next === undefined) {
      next = new Shape(this.shapes.length, shape, path)
      shape.children.set(path, next)
      this.shapes.push(next)
    }
    shape.likely = next
    return next
  }
}
