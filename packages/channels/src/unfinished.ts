/** What a chunk costs in memory besides its bytes. */
const OVERHEAD = 512
/** Bytes of a control frame besides what it says. */
const CONTROL = 6

/**
 * How much there is of a message whose end has not come. The socket's bytes are seen as they come, and the messages they
 * made; what is left over is of the next one. A message that comes in many frames has more bytes than are seen of it:
 * what is left over is never more than came last.
 */
export class Unfinished {
  #bytes = 0
  #chunks = 0
  #messages = 0
  #control = 0

  get cost(): number {
    return this.#bytes + this.#chunks * OVERHEAD
  }

  message(length: number): void {
    this.#messages += length + (length < 126 ? 6 : length < 65_536 ? 8 : 14)
  }

  control(length: number): void {
    this.#control += length + CONTROL
  }

  /** What came, once all messages in it were told. */
  chunk(length: number): void {
    const left = Math.max(0, this.#bytes + length - this.#messages - this.#control)
    const isNext = this.#messages > 0
    this.#bytes = isNext ? Math.min(left, length) : left
    this.#chunks = this.#bytes === 0 ? 0 : isNext ? 1 : this.#chunks + 1
    this.#messages = 0
    this.#control = 0
  }
}
