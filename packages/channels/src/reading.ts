import type { Readable } from 'node:stream'

/**
 * Reads a stream of bytes at the pace of whoever asks for the next chunk, and can be told to stop without destroying the
 * stream: what it had received by then is still given.
 */
export class Reading {
  /** It came to its end by itself: what was read last is not cut off. */
  whole = false
  readonly #stream: Readable
  #ended = false
  #wake: () => void = () => {}

  constructor(stream: Readable) {
    this.#stream = stream
    const wake = (): void => this.#wake()
    const end = (): void => this.stop()
    // What follows an error is `close`; what came before it counts.
    stream
      .on('readable', wake)
      .on('drain', wake)
      .on('end', () => {
        this.whole = true
        end()
      })
      .on('close', end)
      .on('error', () => {})
    this.whole = stream.readableEnded
    if (stream.readableEnded || stream.destroyed) this.#ended = true
  }

  /** @returns the next chunk; undefined at the end */
  async next(): Promise<Buffer | undefined> {
    for (;;) {
      const chunk: Buffer | null = this.#stream.read()
      if (chunk !== null) return chunk
      if (this.#ended) return undefined
      await this.#something()
    }
  }

  /** For a stream that is written to as well: resolves once that is so, or it is over. */
  async until(so: () => boolean): Promise<void> {
    while (!so() && !this.#ended) await this.#something()
  }

  stop(): void {
    this.#ended = true
    this.#wake()
  }

  #something(): Promise<void> {
    return new Promise(resolve => {
      this.#wake = resolve
    })
  }
}
