import { plan, type QueryError, type Scalar } from '@telltale/query'
import { followed, Machine } from './machine.ts'
import type { Sources } from './sources.ts'

/** Which value is followed. */
export interface Follow {
  /** Which events say it. Default: every event. */
  readonly filter?: string
  /** The field. Events without it change nothing. */
  readonly field: string
  /** Fields; each of their values is followed on its own. */
  readonly by?: readonly string[]
  /** What it is taken to be before the first event. Default: the first event tells of no change. */
  readonly init?: Scalar
}

/** A value that is another than before. */
export interface Changed {
  readonly from: Scalar
  readonly to: Scalar
  /** Of the event that said so. */
  readonly time: number
  readonly seq: number
}

/** A machine whose state is the field's last value; it tells when that changes. */
export function changed(
  name: string,
  { filter = '', field, by = [], init }: Follow,
  sources: Sources,
  maxKeys: number,
): Machine<Scalar, Changed> | QueryError {
  const query = followed(`${filter}`, [...by, field])
  if ('message' in query) return query
  const keyed = { ...query, by: query.by.slice(0, -1) }
  const values = sources.values(plan(query).keys.at(-1)!)
  const { rows } = sources
  const step = (before: Scalar | undefined, row: number, tell: (changed: Changed) => void): Scalar => {
    const to = values.scalar(row)
    const from = before ?? init ?? null
    if (to === null) return from
    if (to !== from && (from !== null || init !== undefined)) {
      const { batch } = rows
      tell({ from, to, time: batch.time[row]!, seq: batch.seq === 0 ? 0 : batch.seq + row })
    }
    return to
  }
  return new Machine(name, { of: JSON.stringify([query, init ?? null]), query: keyed, step }, sources, maxKeys)
}
