import type { Aggregate } from '../aggregate.ts'
import { fromIdentity } from '../identity.ts'
import { compareScalars } from '../order.ts'
import type { Scalar } from '../tree.ts'

interface Seen {
  time: number
  seq: number
  value: Scalar
}

/** By time, then seq, then (events of two collectors may share both) by value. */
function order(a: Seen, b: Seen): number {
  return a.time - b.time || a.seq - b.seq || compareScalars(a.value, b.value)
}

function edge(name: 'first' | 'last', doc: string, example: string, sign: 1 | -1): Aggregate<Seen | null> {
  const pick = (a: Seen | null, b: Seen | null): Seen | null =>
    a === null ? b : b === null || order(a, b) * sign <= 0 ? a : b
  return {
    name,
    params: [{ name: 'x', kind: 'value' }],
    doc,
    example,
    type: 'argument',
    family: name,
    init: () => null,
    add: (state, value, { time, seq }) => pick(state, { time, seq, value }),
    merge: pick,
    result: state => (state === null ? null : state.value),
    sql({ identity, time, seq }) {
      const place = `tuple(${time}, ${seq}, assumeNotNull(${identity}))`
      return [`${sign > 0 ? 'min' : 'max'}OrNullIf(${place}, isNotNull(${identity}))`]
    },
    fromSql([found]) {
      if (found === null || found === undefined) return null
      const [time, seq, identity] = found as [unknown, unknown, string]
      return { time: Number(time), seq: Number(seq), value: fromIdentity(identity) }
    },
  }
}

export const first: Aggregate<Seen | null> = edge(
  'first',
  'The value of the earliest event that has one.',
  'type = deploy | first(version) by hostname',
  1,
)

export const last: Aggregate<Seen | null> = edge(
  'last',
  'The value of the latest event that has one.',
  'type = vitals | last(disk_free) by hostname',
  -1,
)
