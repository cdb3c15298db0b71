import { type Bytes, escapeInto } from './escape.ts'
import { copy, viewOf, type Word } from './words.ts'

/** From so many bytes on a native copy is faster than its call costs. */
const LONG = 128
/** The two digits of each number below 100, as they stand in a word of two bytes. */
const PAIRS: Uint16Array = Uint16Array.from({ length: 100 }, (_, n) => 0x3030 | ((n % 10) << 8) | Math.floor(n / 10))

/** Growing bytes, and how words of JSON are written to them, each as JSON.stringify would. */
export class Output {
  bytes: Buffer
  view: DataView
  length = 0

  constructor(room: number) {
    this.bytes = Buffer.allocUnsafeSlow(room)
    this.view = viewOf(this.bytes)
  }

  /** Makes room for so many more bytes. */
  room(more: number): void {
    if (this.length + more <= this.bytes.length) return
    const bytes = Buffer.allocUnsafeSlow(Math.max(this.bytes.length * 2, this.length + more))
    this.bytes.copy(bytes, 0, 0, this.length)
    this.bytes = bytes
    this.view = viewOf(bytes)
  }

  byte(byte: number): void {
    this.room(1)
    this.bytes[this.length++] = byte
  }

  word({ view, length }: Word): void {
    this.room(length)
    copy(view, 0, this.view, this.length, length)
    this.length += length
  }

  /** Copies source[from..to). */
  raw(source: Bytes, from: number, to: number): void {
    const length = to - from
    this.room(length)
    if (length > LONG) source.bytes.copy(this.bytes, this.length, from, to)
    else copy(source.view, from, this.view, this.length, length)
    this.length += length
  }

  /** Writes what stands in its own bytes[from..to) once more. */
  again(from: number, to: number): void {
    this.room(to - from)
    copy(this.view, from, this.view, this.length, to - from)
    this.length += to - from
  }

  /** Writes source[from..to), UTF-8, as a string. */
  string(source: Bytes, from: number, to: number): void {
    this.room((to - from) * 6 + 2)
    this.length = escapeInto(this, this.length, source, from, to)
  }

  /** Writes a double. With up to six decimals digit by digit: such a decimal is the shortest that means the double. */
  number(value: number): void {
    this.room(32)
    if (value < 0 && value > -1e9) {
      this.bytes[this.length++] = 0x2d
      value = -value
    }
    if (value >= 0 && value < 1e9) {
      const whole = Math.floor(value)
      if (whole === value) {
        this.#digits(whole)
        return
      }
      const millionths = Math.round(value * 1e6)
      if (millionths / 1e6 === value) {
        this.#decimal(whole, millionths - whole * 1e6, 6)
        return
      }
    }
    this.#text(String(value))
  }

  /** Writes a time in ms, kept to the microsecond: the same as {@link number}, faster. */
  time(value: number): void {
    this.room(32)
    const micros = Math.round(value * 1e3)
    // Beyond 4e12 (the year 2096) the grid of doubles is coarse enough that the shortest text may be another one.
    if (micros / 1e3 !== value || value >= 4e12 || value < 1e9) this.number(value)
    else {
      const whole = Math.floor(value)
      const high = Math.floor(whole / 1e6)
      this.#digits(high)
      this.#padded(whole - high * 1e6, 6)
      if (whole !== value) this.#decimal(-1, micros - whole * 1e3, 3)
    }
  }

  #decimal(whole: number, fraction: number, places: number): void {
    if (whole >= 0) this.#digits(whole)
    this.bytes[this.length++] = 0x2e
    this.#padded(fraction, places)
    while (this.bytes[this.length - 1] === 0x30) this.length--
  }

  /** A whole number below 1e9. */
  #digits(value: number): void {
    let places = 1
    for (let limit = 10; value >= limit; limit *= 10) places++
    this.#padded(value, places)
  }

  #padded(value: number, places: number): void {
    const { bytes, view } = this
    let rest = value | 0
    let i = this.length + places
    for (; i - 2 >= this.length; i -= 2) {
      const next = (rest / 100) | 0
      view.setUint16(i - 2, PAIRS[rest - next * 100]!, true)
      rest = next
    }
    if (i > this.length) bytes[i - 1] = 0x30 + rest
    this.length += places
  }

  #text(text: string): void {
    for (let i = 0; i < text.length; i++) this.bytes[this.length++] = text.charCodeAt(i)
  }
}
