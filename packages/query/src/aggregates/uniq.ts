import type { Aggregate } from '../aggregate.ts'
import {
  addDistinct,
  type Distinct,
  distinctOf,
  EXACT,
  INDEX_BITS,
  mergeDistinct,
  newDistinct,
  sizeOf,
} from '../distinct.ts'
import { identityOf } from '../identity.ts'

export const uniq: Aggregate<Distinct> = {
  name: 'uniq',
  params: [{ name: 'x', kind: 'value' }],
  doc: `How many different values there are (1 and "1" differ): exact up to ${EXACT}, then a HyperLogLog estimate with a standard error of 1.6 %.`,
  example: 'type = page_load | uniq(user_id) by 1h',
  type: 'number',
  family: 'uniq',
  init: newDistinct,
  add: (state, value) => addDistinct(state, identityOf(value)!),
  merge: mergeDistinct,
  result: sizeOf,
  sql({ identity }) {
    const value = `assumeNotNull(${identity})`
    const there = `isNotNull(${identity})`
    const [first, second] = [`xxHash32(${value})`, `murmurHash3_32(${value})`]
    const rank = `toUInt8(if(${second} = 0, 33, 32 - floor(log2(${second}))))`
    const few = `groupUniqArrayIf(${EXACT + 1})(bitOr(bitShiftLeft(toUInt64(${first}), 32), toUInt64(${second})), ${there})`
    // Every pair of register and rank there is, in one number: telling them apart is cheaper than the greatest of each.
    const pairs = `groupUniqArrayIf(bitOr(bitShiftLeft(bitShiftRight(${first}, ${32 - INDEX_BITS}), 6), ${rank}), ${there})`
    return [`arrayMap(hash -> leftPad(hex(hash), 16, '0'), ${few})`, `if(length(${few}) <= ${EXACT}, [], ${pairs})`]
  },
  fromSql([hashes, pairs]) {
    const ranks = new Map<number, number>()
    for (const pair of pairs as unknown[]) {
      const [register, rank] = [Number(pair) >> 6, Number(pair) & 63]
      ranks.set(register, Math.max(rank, ranks.get(register) ?? 0))
    }
    return distinctOf(hashes as string[], [...ranks])
  },
}
