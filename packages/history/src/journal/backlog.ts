import { unlink } from 'node:fs/promises'
import type { Clock } from '@telltale/event'
import { type Damage, prove } from './prove.ts'
import type { Segment } from './segment.ts'

/** ms after which a segment that still waits is compared with its sums before it is read. */
const REMEMBERED = 300_000

/** Sealed segments that wait for history, in order. */
export class Backlog {
  readonly segments: Segment[] = []
  readonly #clock: Clock
  #bytes = 0
  /** By name, those an earlier life left, or that wait for long; with the proof that is under way. */
  readonly #unproven = new Map<string, Promise<void> | undefined>()
  readonly #damageListeners = new Set<(damage: Damage) => void>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Bytes on disk. */
  get bytes(): number {
    return this.#bytes
  }

  /** Takes in a segment that was just written. Long after, it may no longer be in memory, but have to be read from the disk. */
  add(segment: Segment): void {
    this.segments.push(segment)
    this.#bytes += segment.bytes
    this.#clock.after(REMEMBERED, () => {
      if (this.segments.includes(segment)) this.#unproven.set(segment.name, undefined)
    })
  }

  /** Takes in a segment that an earlier life left. */
  addLeft(segment: Segment): void {
    this.segments.push(segment)
    this.#bytes += segment.bytes
    this.#unproven.set(segment.name, undefined)
  }

  /** Forgets a segment, once history holds it or its file was moved elsewhere. */
  async remove(segment: Segment): Promise<void> {
    await unlink(segment.path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error
    })
    this.#unproven.delete(segment.name)
    const at = this.segments.findIndex(other => other.name === segment.name)
    if (at < 0) return
    this.segments.splice(at, 1)
    this.#bytes -= segment.bytes
  }

  /** Sees to it that a segment an earlier life left, or that waits for long, holds nothing that the disk has changed. */
  async prove(segment: Segment): Promise<void> {
    const { name } = segment
    if (!this.#unproven.has(name)) return
    let proof = this.#unproven.get(name)
    if (proof === undefined) {
      proof = this.#prove(segment)
      this.#unproven.set(name, proof)
    }
    await proof
  }

  async #prove(segment: Segment): Promise<void> {
    try {
      const damage = await prove(segment)
      this.#unproven.delete(segment.name)
      if (damage !== undefined) for (const listener of this.#damageListeners) listener(damage)
    } catch (error) {
      if (this.#unproven.has(segment.name)) this.#unproven.set(segment.name, undefined) // another time
      throw error
    }
  }

  /** Calls back with what is found to be damaged on disk. */
  onDamaged(listener: (damage: Damage) => void): () => void {
    this.#damageListeners.add(listener)
    return () => this.#damageListeners.delete(listener)
  }
}
