const MAGIC = 0xfd2fb528
const SKIPPABLE = 0x184d2a5
const RLE = 1

/** Reads along a Zstandard stream (RFC 8878) as far as its frames and blocks go, to see what it asks for before it gets it. */
export class ZstdFrames {
  readonly #maxWindow: number
  /** What is still to be read before anything can be told. */
  #held: Buffer = Buffer.alloc(0)
  #need = 4
  #then: (bytes: Buffer) => void = bytes => this.#magic(bytes)
  /** Bytes that mean nothing here. */
  #skip = 0
  #checksum = false

  /** @param maxWindow bytes; RFC 9659 allows HTTP 8 MiB */
  constructor(maxWindow: number) {
    this.#maxWindow = maxWindow
  }

  /** Takes the next bytes. Throws where a frame asks for a larger window; other faults are the decoder's to find. */
  follow(bytes: Buffer): void {
    for (let at = 0; at < bytes.length; ) {
      if (this.#skip > 0) {
        const skipped = Math.min(this.#skip, bytes.length - at)
        this.#skip -= skipped
        at += skipped
        continue
      }
      const taken = bytes.subarray(at, at + this.#need - this.#held.length)
      at += taken.length
      this.#held = this.#held.length === 0 ? taken : Buffer.concat([this.#held, taken])
      if (this.#held.length < this.#need) {
        this.#held = Buffer.from(this.#held)
        return
      }
      const whole = this.#held
      this.#held = Buffer.alloc(0)
      this.#then(whole)
    }
  }

  #next(need: number, then: (bytes: Buffer) => void): void {
    this.#need = need
    this.#then = then
  }

  #magic(bytes: Buffer): void {
    const magic = bytes.readUInt32LE(0)
    if (magic === MAGIC) this.#next(1, flags => this.#flags(flags[0]!))
    else if (magic >>> 4 === SKIPPABLE)
      this.#next(4, length => {
        this.#skip = length.readUInt32LE(0)
        this.#next(4, next => this.#magic(next))
      })
    else this.#skip = Number.POSITIVE_INFINITY
  }

  #flags(flags: number): void {
    const single = (flags & 0x20) > 0
    const sized = flags >> 6
    const dictionary = [0, 1, 2, 4][flags & 3]!
    const size = sized === 0 ? (single ? 1 : 0) : 1 << sized
    this.#checksum = (flags & 4) > 0
    const rest = (): void => {
      const blocks = (): void => this.#next(3, block => this.#block(block))
      if (dictionary + size === 0) blocks()
      else
        this.#next(dictionary + size, header => {
          if (single) this.#bound(sizeOf(header.subarray(dictionary), sized))
          blocks()
        })
    }
    if (single) rest()
    // As soon as it is known: what decodes may not wait for the rest of a header that is torn.
    else
      this.#next(1, descriptor => {
        this.#bound(windowOf(descriptor[0]!))
        rest()
      })
  }

  #bound(window: number): void {
    if (window > this.#maxWindow)
      throw new Error(
        `a window of ${window} bytes, at most ${this.#maxWindow} are taken (RFC 9659): compress without --long and --ultra`,
      )
  }

  #block(bytes: Buffer): void {
    const head = bytes.readUIntLE(0, 3)
    this.#skip = ((head >> 1) & 3) === RLE ? 1 : head >> 3
    if ((head & 1) === 0) return
    if (this.#checksum) this.#skip += 4
    this.#next(4, next => this.#magic(next))
  }
}

function windowOf(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3))
  return base + (base / 8) * (descriptor & 7)
}

function sizeOf(bytes: Buffer, sized: number): number {
  if (sized === 3) return Number(bytes.readBigUInt64LE(0))
  return bytes.readUIntLE(0, sized === 0 ? 1 : 1 << sized) + (sized === 1 ? 256 : 0)
}
