import type { Aggregate } from '../aggregate.ts'
import { addDistinct, type Distinct, distinctOf, EXACT, mergeDistinct, newDistinct, sizeOf } from '../distinct.ts'
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
    const second = `murmurHash3_32(${value})`
    const rank = `toUInt8(if(${second} = 0, 33, 32 - floor(log2(${second}))))`
    return [
      `groupUniqArrayIf(${EXACT + 1})(concat(leftPad(hex(xxHash32(${value})), 8, '0'), leftPad(hex(${second}), 8, '0')), ${there})`,
      `maxMapIf([toUInt16(bitShiftRight(xxHash32(${value}), 20))], [${rank}], ${there})`,
    ]
  },
  fromSql([hashes, pairs]) {
    const [registers, ranks] = pairs as [unknown[], unknown[]]
    return distinctOf(
      hashes as string[],
      registers.map((register, i) => [Number(register), Number(ranks[i])] as const),
    )
  },
}
