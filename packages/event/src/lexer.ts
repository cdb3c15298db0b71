import { areDigits, four, POWERS, sum, writesBack } from './decimal.ts'
import { Unescaped } from './unescaped.ts'
import { finish, first, hashOf, mix, SEED, same, specials, viewOf, type Word } from './words.ts'

export const QUOTE = 0x22
export const COMMA = 0x2c
export const MINUS = 0x2d
export const DOT = 0x2e
export const ZERO = 0x30
export const NINE = 0x39
export const COLON = 0x3a
export const BACKSLASH = 0x5c
export const OPEN_ARRAY = 0x5b
export const CLOSE_ARRAY = 0x5d
export const OPEN = 0x7b
export const CLOSE = 0x7d
export const NEWLINE = 0x0a
export const NULL_LETTER = 0x6e
export const TRUE_LETTER = 0x74

const MOST = 2 ** 53
/** Up to here the doubles are closer together than the decimals with as many digits, so that each has one of its own. */
const CERTAIN = 2 ** 52
const NOTHING = Buffer.alloc(0)
const NOTHING_VIEW = viewOf(NOTHING)

/** Thrown where an event can't be read on; caught where events are told apart. Not an Error: those record a stack. */
export class Fault {
  /** Where in the bytes. */
  readonly at: number
  readonly kind: 'syntax' | 'bound'
  /** For `syntax` what was expected there, for `bound` the whole reason. */
  readonly reason: string

  constructor(at: number, reason: string, kind: 'syntax' | 'bound' = 'syntax') {
    this.at = at
    this.reason = reason
    this.kind = kind
  }
}

/**
 * Reads the words of JSON from bytes, which must be valid UTF-8: each method takes where a word starts, leaves what it
 * says in the fields, and returns where it ends. What is no JSON is thrown as a {@link Fault}.
 */
export class Lexer {
  bytes: Buffer = NOTHING
  view: DataView = NOTHING_VIEW
  /** Words must end at or before this. */
  end = 0
  /** The string read last, unescaped: source[from..to), and its hash. */
  source: Buffer = this.bytes
  sourceView: DataView = this.view
  from = 0
  to = 0
  hash = 0
  /** The number read last: the nearest double (never -0). */
  value: number = Number.NaN
  /** Whether that double is known to say the same as the text. */
  #certain = true
  readonly #unescaped = new Unescaped()
  #scratch: Buffer = Buffer.allocUnsafeSlow(4096)
  #scratchView: DataView = viewOf(this.#scratch)

  open(bytes: Buffer): void {
    this.bytes = bytes
    this.view = viewOf(bytes)
    this.end = bytes.length
  }

  /** Lets go of the bytes. */
  close(): void {
    this.bytes = this.source = NOTHING
    this.view = this.sourceView = NOTHING_VIEW
    this.end = 0
  }

  /** Skips white space. */
  space(i: number): number {
    const { bytes } = this
    // Never beyond the end: V8 compiles anew what reads there.
    while (i < bytes.length) {
      const b = bytes[i]!
      if (b !== 0x20 && b !== NEWLINE && b !== 0x0d && b !== 0x09) break
      i++
    }
    return i
  }

  /** Whether the bytes at i begin with these. */
  begins(i: number, { view, length }: Word): boolean {
    return i + length <= this.bytes.length && same(this.view, i, view, 0, length)
  }

  /** The bytes at i must be this one. */
  expect(i: number, byte: number): number {
    if (this.bytes[i] === byte) return i + 1
    throw new Fault(i, `"${String.fromCharCode(byte)}"`)
  }

  /** Reads a string, i being after its opening quote. */
  string(i: number): number {
    const { view, bytes, end } = this
    const last = end - 4
    let hash = SEED
    this.from = i
    while (i <= last) {
      const word = view.getInt32(i, true)
      const special = specials(word)
      if (special === 0) {
        hash = mix(hash, word)
        i += 4
        continue
      }
      const k = first(special)
      if (((word >>> (k << 3)) & 0xff) !== QUOTE) return this.#escaped(i + k, hash)
      if (k > 0) hash = mix(hash, word & ((1 << (k << 3)) - 1))
      return this.#whole(i + k, hash)
    }
    let word = 0
    for (let shift = 0; i < end; i++, shift += 8) {
      const b = bytes[i]!
      if (b === QUOTE) return this.#whole(i, shift > 0 ? mix(hash, word) : hash)
      if (b < 0x20 || b === BACKSLASH) return this.#escaped(i, hash)
      word |= b << shift
    }
    throw new Fault(end, 'a closing quote')
  }

  /** The string without escapes ends at this quote. */
  #whole(quote: number, hash: number): number {
    if (this.source !== this.bytes) {
      this.source = this.bytes
      this.sourceView = this.view
    }
    this.to = quote
    this.hash = finish(hash, quote - this.from)
    return quote + 1
  }

  /** Goes on with a string at its first escape, before which stands what has this hash. */
  #escaped(i: number, before: number): number {
    const { from } = this
    const known = this.#unescaped.find(this.view, from, i, before, this.end)
    if (known === undefined) return this.#unescape(i)
    this.source = known.text
    this.sourceView = known.view
    this.from = 0
    this.to = known.text.length
    this.hash = known.hash
    return from + known.raw.byteLength + 1
  }

  /** As {@link #escaped}, into the scratch. */
  #unescape(i: number): number {
    const { bytes, end, from } = this
    let n = i - from
    let scratch = this.#room(0, n)
    bytes.copy(scratch, 0, from, i)
    while (i < end) {
      if (n + 4 > scratch.length) scratch = this.#room(n, n + 4)
      const b = bytes[i]!
      if (b === QUOTE) {
        this.source = scratch
        this.sourceView = this.#scratchView
        this.from = 0
        this.to = n
        this.hash = hashOf(this.#scratchView, 0, n)
        this.#unescaped.learn(bytes, from, i, scratch, n, this.hash)
        return i + 1
      }
      if (b < 0x20) throw new Fault(i, 'no bare control character in a string (escape it)')
      if (b !== BACKSLASH) {
        const run = this.#run(i, n)
        i += run
        n += run
        scratch = this.#scratch
      } else if (bytes[i + 1] !== 0x75) {
        const plain = escaped(bytes[i + 1]!)
        if (plain < 0) throw new Fault(i + 1, 'one of "\\/bfnrtu after a backslash')
        scratch[n++] = plain
        i += 2
      } else {
        let point = this.#hex(i + 2)
        i += 6
        if (point >= 0xd800 && point <= 0xdfff) {
          const next = point < 0xdc00 && bytes[i] === BACKSLASH && bytes[i + 1] === 0x75 ? this.#hex(i + 2) : 0
          if (next >= 0xdc00 && next <= 0xdfff) {
            point = 0x10000 + ((point - 0xd800) << 10) + (next - 0xdc00)
            i += 6
          } else point = 0xfffd
        }
        n = encode(scratch, n, point)
      }
    }
    throw new Fault(end, 'a closing quote')
  }

  /** Copies what stands at i into the scratch at n, up to what is special. @returns how many bytes */
  #run(i: number, n: number): number {
    const { view, bytes, end } = this
    const last = end - 4
    const start = i
    let out = this.#scratchView
    while (i <= last) {
      if (n + 4 > this.#scratch.length) {
        this.#room(n, n + 4)
        out = this.#scratchView
      }
      const word = view.getInt32(i, true)
      out.setInt32(n, word, true)
      const special = specials(word)
      if (special !== 0) return i + first(special) - start
      i += 4
      n += 4
    }
    if (n + 4 > this.#scratch.length) this.#room(n, n + 4)
    for (let b = bytes[i]!; i < end && b >= 0x20 && b !== QUOTE && b !== BACKSLASH; b = bytes[i]!) {
      this.#scratch[n++] = b
      i++
    }
    return i - start
  }

  #hex(i: number): number {
    let point = 0
    for (let at = i; at < i + 4; at++) {
      const b = this.bytes[at]!
      const digit = b >= ZERO && b <= NINE ? b - ZERO : (b | 32) >= 0x61 && (b | 32) <= 0x66 ? (b | 32) - 0x57 : -1
      if (digit < 0 || at >= this.end) throw new Fault(at, 'four hexadecimal digits after \\u')
      point = point * 16 + digit
    }
    return point
  }

  #room(used: number, bytes: number): Buffer {
    if (bytes > this.#scratch.length) {
      const next = Buffer.allocUnsafeSlow(Math.max(bytes + 64, this.#scratch.length * 2))
      this.#scratch.copy(next, 0, 0, used)
      this.#scratch = next
      this.#scratchView = viewOf(next)
    }
    return this.#scratch
  }

  /**
   * Reads a number. Up to 2^53 as a whole number, with a small power of ten, it takes one multiplication or division
   * (Clinger 1990); a longer one with a whole part and few decimals, as times with microseconds are, an addition.
   */
  number(i: number): number {
    const { bytes, view } = this
    const last = bytes.length - 4
    const start = i
    const negative = bytes[i] === MINUS
    if (negative) i++
    let b = bytes[i]!
    let whole = 0
    if (b === ZERO) b = bytes[++i]!
    else if (b > ZERO && b <= NINE) {
      for (let word = 0; i <= last && areDigits((word = view.getInt32(i, true))); i += 4)
        whole = whole * 1e4 + four(word)
      for (b = bytes[i]!; b >= ZERO && b <= NINE; b = bytes[++i]!) whole = whole * 10 + (b - ZERO)
    } else throw new Fault(i, negative ? 'a digit after the minus' : 'a value')
    let mantissa = whole
    let fraction = 0
    let power = 0
    if (b === DOT) {
      const first = ++i
      for (let word = 0; i <= last && areDigits((word = view.getInt32(i, true))); i += 4)
        fraction = fraction * 1e4 + four(word)
      for (b = bytes[i]!; b >= ZERO && b <= NINE; b = bytes[++i]!) fraction = fraction * 10 + (b - ZERO)
      if (i === first) throw new Fault(i, 'a digit after the decimal point')
      power = first - i
      mantissa = power >= -22 ? whole * POWERS[-power]! + fraction : MOST
    }
    let exponent = 0
    if (b === 0x65 || b === 0x45) {
      b = bytes[++i]!
      const minus = b === MINUS
      if (minus || b === 0x2b) b = bytes[++i]!
      if (!(b >= ZERO && b <= NINE)) throw new Fault(i, 'a digit in the exponent')
      do {
        if (exponent < 1e6) exponent = exponent * 10 + (b - ZERO)
        b = bytes[++i]!
      } while (b >= ZERO && b <= NINE)
      if (minus) exponent = -exponent
      power += exponent
    }
    this.#certain = mantissa <= CERTAIN
    let value = Number.NaN
    if (mantissa < MOST && power >= -22 && power <= 22)
      value = power < 0 ? mantissa / POWERS[-power]! : mantissa * POWERS[power]!
    else if (whole < MOST && fraction < MOST && exponent === 0 && power >= -22)
      value = sum(whole, fraction / POWERS[-power]!)
    if (value === value) this.value = negative ? 0 - value : value
    else {
      this.value = Number(bytes.toString('latin1', start, i)) + 0
      this.#certain = false
    }
    return i
  }

  /** Whether the number read last, bytes[start..end), says no other number when its double is written back. */
  isExact(start: number, end: number): boolean {
    return this.#certain || writesBack(this.bytes.toString('latin1', start, end), this.value)
  }

  /** Reads `true`, `false` or `null`. */
  literal(i: number): number {
    const { bytes } = this
    if (bytes[i] === 0x74 && bytes[i + 1] === 0x72 && bytes[i + 2] === 0x75 && bytes[i + 3] === 0x65) return i + 4
    if (bytes[i] === 0x6e && bytes[i + 1] === 0x75 && bytes[i + 2] === 0x6c && bytes[i + 3] === 0x6c) return i + 4
    if (bytes[i] === 0x66 && bytes[i + 1] === 0x61 && bytes[i + 2] === 0x6c && bytes[i + 3] === 0x73)
      if (bytes[i + 4] === 0x65) return i + 5
    throw new Fault(i, 'a value')
  }

  /** The string read last, as a string. */
  text(): string {
    return this.source.toString('utf8', this.from, this.to)
  }
}

/** Whether a number begins with this byte. */
export function isNumber(b: number): boolean {
  return b === MINUS || (b >= ZERO && b <= NINE)
}

/** The byte a one-letter escape stands for, or -1. */
function escaped(letter: number): number {
  switch (letter) {
    case QUOTE:
    case BACKSLASH:
    case 0x2f:
      return letter
    case 0x62:
      return 8
    case 0x66:
      return 12
    case 0x6e:
      return 10
    case 0x72:
      return 13
    case 0x74:
      return 9
    default:
      return -1
  }
}

/** Writes a code point as UTF-8. */
function encode(out: Buffer, n: number, point: number): number {
  if (point < 0x80) out[n++] = point
  else if (point < 0x800) {
    out[n++] = 0xc0 | (point >> 6)
    out[n++] = 0x80 | (point & 63)
  } else if (point < 0x10000) {
    out[n++] = 0xe0 | (point >> 12)
    out[n++] = 0x80 | ((point >> 6) & 63)
    out[n++] = 0x80 | (point & 63)
  } else {
    out[n++] = 0xf0 | (point >> 18)
    out[n++] = 0x80 | ((point >> 12) & 63)
    out[n++] = 0x80 | ((point >> 6) & 63)
    out[n++] = 0x80 | (point & 63)
  }
  return n
}
