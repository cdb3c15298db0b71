import { run, type Steps } from '@telltale/query'

const START = 1024
/** Pairs that find a new place in a step. */
const MOVED = 1 << 15

/** Numbers pairs of whole numbers from 0, each once: a hash table with open addressing. */
export class Pairs {
  count = 0
  /** The parts of each pair, by its number. */
  left: Int32Array = new Int32Array(START / 2)
  right: Int32Array = new Int32Array(START / 2)
  /** Numbers of pairs plus one, 0 where free. Its length is a power of two, at least twice the count. */
  #slots: Int32Array = new Int32Array(START)

  of(left: number, right: number): number {
    const slots = this.#slots
    const last = slots.length - 1
    for (let at = place(left, right) & last; ; at = (at + 1) & last) {
      const number = slots[at]! - 1
      if (number < 0) return this.#add(left, right, at)
      if (this.left[number] === left && this.right[number] === right) return number
    }
  }

  #add(left: number, right: number, at: number): number {
    const number = this.count++
    this.#slots[at] = number + 1
    this.left[number] = left
    this.right[number] = right
    if (this.count === this.left.length) this.#grow()
    return number
  }

  /** Makes room for so many more beforehand, so that {@link of} need not. */
  *reserve(more: number): Steps<void> {
    if (this.count + more < this.left.length) return
    const room = Math.max(this.left.length * 2, this.count + more + 1)
    yield* this.#growing(2 ** (32 - Math.clz32(room - 1)))
  }

  #grow(): void {
    run(this.#growing(this.count * 2))
  }

  *#growing(room: number): Steps<void> {
    const slots = new Int32Array(room * 2)
    yield
    for (let from = 0; from < this.count; from += MOVED) {
      this.#place(slots, from, Math.min(this.count, from + MOVED))
      yield
    }
    this.#slots = slots
    this.left = moved(this.left, room)
    yield
    this.right = moved(this.right, room)
    yield
  }

  #place(slots: Int32Array, from: number, to: number): void {
    const last = slots.length - 1
    for (let number = from; number < to; number++) {
      let at = place(this.left[number]!, this.right[number]!) & last
      while (slots[at] !== 0) at = (at + 1) & last
      slots[at] = number + 1
    }
  }
}

/** Multiplicative hashing (Knuth) of both parts; the high bits are the good ones. */
function place(left: number, right: number): number {
  const mixed = Math.imul(Math.imul(left, 0x9e3779b1) ^ right, 0x85ebca6b)
  return mixed ^ (mixed >>> 15)
}

function moved(from: Int32Array, length: number): Int32Array {
  const to = new Int32Array(length)
  to.set(from)
  return to
}
