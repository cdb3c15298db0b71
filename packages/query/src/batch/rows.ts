import { Batch, type Column, type Event, type Json } from '@telltale/event'
import { ofEvent, type Source, type Value } from '../match.ts'
import { resolve, type TopField } from '../names.ts'

/** Names whose columns are shared; beyond, those who ask from then on look anew. */
const REMEMBERED = 1000

/**
 * The rows of a batch as the source of fields: what is compiled against it once works for every batch it is turned to.
 * Whoever changes the batch must turn to it again.
 */
export class BatchRows implements Source<number> {
  batch: Batch = new Batch(0)
  /** Rises with each turn: what is remembered of a batch is good for one turn. */
  turns = 0
  readonly #named: Map<string, () => readonly Column[]> = new Map()

  turn(batch: Batch): void {
    this.batch = batch
    this.turns++
  }

  field(name: string): (row: number) => Value {
    const place = resolve(name)
    if (place.kind === 'info') return () => null
    if (place.kind === 'top') return this.#top(place.key)
    const columns = this.named(place.name)
    const slow = this.#ofEvent(ofEvent.field(name))
    return row => {
      const found = columns()
      if (found.length === 0) return null
      return found.length === 1 ? cellValue(this.batch, found[0]!, row) : slow(row)
    }
  }

  has(name: string): (row: number) => boolean {
    const place = resolve(name)
    if (place.kind === 'top') {
      const value = this.#top(place.key)
      return row => value(row) !== null
    }
    const prefix = place.kind === 'info' ? '' : `${place.name}.`
    const columns = this.columns(
      ({ path }) => path.name.startsWith(prefix) || (place.kind === 'path' && path.name === place.name),
    )
    return row => columns().some(column => cellValue(this.batch, column, row) !== null)
  }

  texts(row: number): Iterable<string> {
    return ofEvent.texts(this.batch.event(row))
  }

  tags(row: number): readonly string[] {
    return this.batch.dictionary.value(this.batch.tags[row]!) as string[]
  }

  /** The columns a path's name means, looked for once a turn, however many ask. */
  named(name: string): () => readonly Column[] {
    let columns = this.#named.get(name)
    if (columns === undefined) {
      columns = this.columns(({ path }) => path.name === name)
      if (this.#named.size === REMEMBERED) this.#named.clear()
      this.#named.set(name, columns)
    }
    return columns
  }

  /** The columns of the batch that are wanted, looked for once a turn. */
  columns(wanted: (column: Column) => boolean): () => readonly Column[] {
    let turn = -1
    let found: Column[] = []
    return () => {
      if (turn !== this.turns) {
        turn = this.turns
        found = this.batch.columns.filter(wanted)
      }
      return found
    }
  }

  #ofEvent(value: (event: Event) => Value): (row: number) => Value {
    return row => value(this.batch.event(row))
  }

  #top(key: TopField): (row: number) => Value {
    switch (key) {
      case 'time':
        return row => this.batch.time[row]!
      case 'received_at':
        return row => this.batch.receivedAt[row]!
      case 'tags':
        return row => this.tags(row)
      case 'seq':
        return row => (this.batch.seq > 0 ? this.batch.seq + row : null)
      case 'collector':
        return () => (this.batch.seq > 0 ? this.batch.collector : null)
      default:
        return row => this.batch.dictionary.text(this.batch[key][row]!)
    }
  }
}

/** What a row has in a column: null where it is missing, also for `{}`. */
export function cellValue(batch: Batch, column: Column, row: number): Value {
  return asValue(batch.cell(column, row) ?? null)
}

/** Null, `{}` and whatever is no value are missing. */
export function asValue(json: Json): Value {
  return typeof json === 'object' && !Array.isArray(json) ? null : json
}
