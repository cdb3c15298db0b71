import type { Scalar } from '@telltale/query'

/** Above so many values they are spread over several maps, since a map that grows pauses for all it holds. */
const ONE = 1 << 10
const SHARDS = 256

/** Numbers scalars from 0, each once. */
export class Numbered {
  /** By number. */
  readonly values: Scalar[] = []
  #maps: Map<Scalar, number>[] = [new Map()]

  of(value: Scalar): number {
    const map = this.#maps.length === 1 ? this.#maps[0]! : this.#maps[shardOf(value)]!
    let number = map.get(value)
    if (number === undefined) {
      number = this.values.push(value) - 1
      map.set(value, number)
      if (number === ONE) this.#spread()
    }
    return number
  }

  #spread(): void {
    const maps = Array.from({ length: SHARDS }, () => new Map<Scalar, number>())
    for (const [number, value] of this.values.entries()) maps[shardOf(value)]!.set(value, number)
    this.#maps = maps
  }
}

/** Texts that differ mostly do so near their ends. */
function shardOf(value: Scalar): number {
  if (typeof value === 'number') {
    const low = (value % 0x7fffffff) | 0
    return (low ^ (low >>> 8) ^ (low >>> 16) ^ ((value * 4096) | 0)) & (SHARDS - 1)
  }
  if (typeof value !== 'string') return 0
  let hash = value.length
  for (let i = Math.max(0, value.length - 6); i < value.length; i++) hash = Math.imul(hash, 31) + value.charCodeAt(i)
  return (hash ^ (hash >>> 8)) & (SHARDS - 1)
}
