import { type Key, type Keys, NO_KEY } from './keys.ts'

/** So many slots, and so many for each kept, are found at once; others by the key's text. */
const AT_HAND = 64
const AT_HAND_EACH = 8

/** What somebody keeps for each key, found by the key's slot: no text is looked up for what was used lately. */
export class Slots<T extends { used: boolean; readonly gone: boolean }> {
  readonly #keys: Keys | undefined
  readonly #get: (key: Key) => T
  #epoch = 0
  readonly #kept: (T | undefined)[] = []
  #n = 0

  /**
   * @param keys absent: one key for all
   * @param get finds what is kept for a key, or makes it
   */
  constructor(keys: Keys | undefined, get: (key: Key) => T) {
    this.#keys = keys
    this.#get = get
  }

  /** Makes ready for the batch turned to. */
  bind(): void {
    const epoch = this.#keys === undefined ? 0 : this.#keys.bind()
    if (epoch === this.#epoch) return
    this.#epoch = epoch
    this.#kept.length = 0
    this.#n = 0
  }

  /** What is kept for a row's key; {@link bind} comes first. */
  of(row: number): T {
    const slot = this.#keys === undefined ? 0 : this.#keys.slot(row)
    const kept = this.#kept[slot]
    if (kept === undefined || kept.gone) return this.#find(slot)
    kept.used = true
    return kept
  }

  #find(slot: number): T {
    const found = this.#get(this.#keys === undefined ? NO_KEY : this.#keys.key(slot))
    if (slot >= AT_HAND + AT_HAND_EACH * this.#n) return found
    while (this.#kept.length <= slot) this.#kept.push(undefined)
    if (this.#kept[slot] === undefined) this.#n++
    this.#kept[slot] = found
    return found
  }
}
