const KEYS = [
  ...'aaabbcde',
  'a.b',
  '',
  'é',
  '"',
  '\\\\ud800',
  '__proto__',
  'constructor',
  '1',
  'message',
  'type',
  'hostname',
]
KEYS.push('time', 'tags', 'md5', 'additional_info', 'additional_info', 'received_at', 'seq', 'collector', 'toString')
const BITS = [
  'a',
  'é',
  '😀',
  '\\n',
  '\\"',
  '\\\\',
  '\\/',
  '\\u0041',
  '\\ud83d\\ude00',
  '\\ud800',
  '\\udc00',
  '\\u0000',
  ' ',
  '*',
  '\u2028',
]
const SPACES = ['', '', '', '', '', '', ' ', '\n', '\t', '\r\n', '  ']
const CHARS = '{}[]",:\\u0123456789eE+-. \n\t\rtfnalsrud\u0001é\ud800'

/** JSON documents, whole and broken, from a seed: the same number, the same document. */
export class Documents {
  #state: number
  constructor(seed: number) {
    this.#state = seed | 0
  }

  /** mulberry32 */
  next(below: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return (t >>> 0) % below
  }

  pick<T>(list: ArrayLike<T>): T {
    return list[this.next(list.length)]!
  }

  #some(most: number, make: () => string, between = ''): string {
    const list: string[] = []
    for (let n = this.next(most + 1); n > 0; n--) list.push(make())
    return list.join(between)
  }

  #digits(most: number): string {
    return this.#some(most, () => String(this.next(10)))
  }

  #number(): string {
    const whole = this.next(3) === 0 ? '0' : `${1 + this.next(9)}${this.#digits(this.pick([2, 12, 12, 25]))}`
    const fraction = this.next(2) === 0 ? '' : `.${this.next(10)}${this.#digits(this.pick([3, 8, 20]))}`
    const exponent =
      this.next(5) > 0 ? '' : `${this.pick('eE')}${this.pick(['', '+', '-'])}${this.next(this.pick([9, 30, 400]))}`
    return `${this.next(4) === 0 ? '-' : ''}${whole}${fraction}${exponent}`
  }

  #value(depth: number): string {
    switch (this.next(depth > 4 ? 5 : 8)) {
      case 0:
      case 1:
        return this.#number()
      case 2:
      case 3:
        return this.next(12) === 0 ? '"2026-11-22T10:00:00.123456+01:00"' : `"${this.#some(6, () => this.pick(BITS))}"`
      case 4:
        return this.pick(['true', 'false', 'null', '{}', '[]', '""'])
      case 5:
        return `[${this.#space()}${this.#some(4, () => this.#value(depth + 1) + this.#space(), ',')}]`
      default:
        return this.object(depth + 1)
    }
  }

  #space(): string {
    return this.pick(SPACES)
  }

  /** A whole object; the deeper it is said to be, the smaller. */
  object(depth = 0): string {
    const member = () => {
      const key = this.pick(KEYS)
      const text = key === '"' ? '\\"' : key
      return `${this.#space()}"${text}"${this.#space()}:${this.#space()}${this.#value(depth)}${this.#space()}`
    }
    return `{${this.#some(depth === 0 ? 7 : 4, member, ',')}}`
  }

  /** One that a few edits may have broken. */
  mutated(depth = 0): string {
    let out = this.object(depth)
    for (let edits = 1 + this.next(3); edits > 0; edits--) {
      const i = this.next(out.length + 1)
      const j = i + this.next(6)
      out =
        out.slice(0, i) +
        this.pick(['', this.pick(CHARS), out.slice(i, j), out.slice(i, j + 1)]) +
        out.slice(this.pick([i, i + 1, j]))
    }
    return out
  }
}
