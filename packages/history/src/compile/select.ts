import { text } from '../literal.ts'
import { TABLE } from '../schema.ts'
import type { Compiled, Frequent, GroupColumns } from './compile.ts'

export type Asked = Compiled & { readonly groups: GroupColumns }

/** The rows looked at: where some are in doubt these too, so that one pass tells whether there are any. */
export function whereOf({ sure, doubtful, possible }: Compiled): string {
  return doubtful === undefined ? sure : possible
}

/**
 * A row per group: the keys, the bucket, the states; last, where that is in question, whether SQL can judge its events.
 * @param order `keys`: by bucket and keys, as most answers will be, since sorting what is sorted is nearly free; `first`:
 * only those groups, where that is known
 * @param seam makes up to two rows of a group
 */
export function statesSql(asked: Asked, order: 'keys' | 'first' | 'none', seam?: Seam): string {
  const { names } = groupedBy(asked)
  const sorted = asked.groups.bucket === undefined ? names : [names.at(-1)!, ...names.slice(0, -1)]
  const by = order === 'keys' && names.length > 0 ? ` ORDER BY ${sorted.join(', ')}` : ''
  if (seam === undefined) return `${grouping(asked)}${order === 'first' ? firstSql(asked) : by}`
  const parts = seam.parts.map(text).join(', ')
  const [old, fresh] = [grouping(seam.open, `_part IN (${parts})`), grouping(asked, `_part NOT IN (${parts})`)]
  return `SELECT * FROM (\n${old}\nUNION ALL\n${fresh}\n)${by}`
}

/** Which parts need not be asked for the seq of their rows: both halves see the table at the same moment. */
export interface Seam {
  readonly parts: readonly string[]
  /** The query without the bound of seq. */
  readonly open: Asked
}

/** Both halves of a {@link Seam} see the same parts. */
export const ONE_SNAPSHOT: Readonly<Record<string, number>> = { enable_shared_storage_snapshot_in_query: 1 }

function grouping(asked: Asked, also = ''): string {
  const states = asked.groups.states.filter(state => typeof state === 'string')
  const { columns, names, judged } = groupedBy(asked)
  const by = [...names, ...judged]
  return `${select([...columns, ...states, ...judged], asked, also)}
${by.length === 0 ? 'HAVING count() > 0' : `GROUP BY ${by.join(', ')}`}`
}

function firstSql({ groups: { first }, doubtful }: Asked): string {
  if (first === undefined || doubtful !== undefined) return ''
  return ` ORDER BY ${first.sql} ${first.descending ? 'DESC' : 'ASC'} NULLS LAST LIMIT ${first.limit} WITH TIES`
}

/** A row per group and value, as above, but for states: the value, and how often it was met. The most frequent of a group come first. */
export function frequenciesSql(asked: Asked, { value, most }: Frequent): string {
  const { columns, names, judged } = groupedBy(asked)
  const by = [...names, ...judged]
  return `${select([...columns, `${value.sql} AS value`, 'count() AS met', ...judged], asked)}
GROUP BY ${[...by, 'value'].join(', ')} ORDER BY met DESC LIMIT ${most}${by.length === 0 ? '' : ` BY ${by.join(', ')}`}`
}

function select(columns: string[], asked: Asked, also = ''): string {
  return `SELECT ${columns.join(',\n  ')}\nFROM ${TABLE}\nWHERE ${whereOf(asked)}${also === '' ? '' : ` AND ${also}`}`
}

function groupedBy({
  sure,
  doubtful,
  groups: { keys, bucket },
}: Asked): Record<'columns' | 'names' | 'judged', string[]> {
  const by = [...keys.map(({ sql }) => sql), ...(bucket === undefined ? [] : [bucket])]
  const names = by.map((_, i) => `key${i}`)
  return {
    columns: by.map((sql, i) => `${sql} AS ${names[i]}`),
    names,
    judged: doubtful === undefined ? [] : [`toUInt8(${sure})`],
  }
}
