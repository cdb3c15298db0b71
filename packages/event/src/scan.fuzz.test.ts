import { isDeepStrictEqual } from 'node:util'
import { expect, test, vi } from 'vitest'
import { BatchBuilder, type Event, type Origin, scan, writeLines } from './index.ts'

/**
 * A plain, fast run over many more documents than scan.property.test.ts can try: generated and mutated JSON, each read
 * by bytes and by JSON.parse. `TELLTALE_FUZZ_CASES=1000000 npx vitest run scan.fuzz` is the long run; a failure names
 * its case, `TELLTALE_FUZZ_SEED` changes all of them.
 */
const CASES = Number(process.env['TELLTALE_FUZZ_CASES'] ?? 10_000)
const SEED = Number(process.env['TELLTALE_FUZZ_SEED'] ?? 1)
vi.setConfig({ testTimeout: Math.max(120_000, CASES * 20) })
const ORIGIN: Origin = { hostname: 'h', receivedAt: 1_795_132_800_003.5 }

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

/** Documents from a seed: the same number, the same document. */
class Documents {
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

  object(depth = 0): string {
    const member = () => {
      const key = this.pick(KEYS)
      const text = key === '"' ? '\\"' : key
      return `${this.#space()}"${text}"${this.#space()}:${this.#space()}${this.#value(depth)}${this.#space()}`
    }
    return `{${this.#some(depth === 0 ? 7 : 4, member, ',')}}`
  }

  mutated(): string {
    let out = this.object()
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

/** What the object route makes of it; undefined where it is refused. */
function byObject(document: string, origin: Origin): Event | undefined {
  let value: unknown
  try {
    value = JSON.parse(document)
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || Array.isArray(value)) return undefined
  const builder = new BatchBuilder()
  return builder.add(value, origin) === undefined ? plain(builder.batch.event(0)) : undefined
}

/** Without the sign of zero in arrays, and with words that are numbers as doubles: JSON.parse can't know their digits. */
function plain(event: Event): Event {
  for (const word of ['type', 'hostname', 'md5'] as const)
    if (event[word] !== '' && !Number.isNaN(Number(event[word]))) event[word] = String(Number(event[word]))
  return JSON.parse(JSON.stringify(event)) as Event
}

test(`${CASES} documents say the same by bytes as by JSON.parse, whole or broken`, () => {
  let whole = 0
  for (let i = 0; i < CASES; i++) {
    const documents = new Documents(Math.imul(SEED, 0x9e3779b1) + i)
    const broken = i % 2 === 1
    // A mutation may end the object early and go on with more; one line, one event is what is compared.
    const document = Buffer.from((broken ? documents.mutated() : documents.object()).trim()).toString()
    const origin = i % 5 === 0 ? { ...ORIGIN, trusted: true } : ORIGIN
    const should = byObject(document, origin)
    const { batch, problems, accepted, refused } = scan(Buffer.from(document), origin)
    const fail = (what: string) =>
      expect.fail(`case ${i} of seed ${SEED}: ${what}\n${JSON.stringify(document)}\n${JSON.stringify(problems)}`)
    if (accepted !== batch.length || refused !== problems.length) fail('miscounted')
    if (should !== undefined) {
      whole++
      if (accepted !== 1 || refused !== 0) fail(`${accepted} accepted, ${refused} refused`)
      batch.seq = 0
      if (!isDeepStrictEqual(plain(batch.event(0)), should))
        expect(plain(batch.event(0)), `case ${i} of seed ${SEED}: ${document}`).toEqual(should)
    } else if (!broken && accepted > 0) fail('taken, though no event')
    else if (refused === 0 && document !== '' && !/^\s*(\[\s*\]\s*)*$/.test(document) && !several(document))
      fail('broken, but no problem')
    batch.seq = 1 + i
    const bytes = writeLines(batch)
    const again = scan(bytes, { ...ORIGIN, trusted: true })
    if (again.refused > 0 || !writeLines(again.batch).equals(bytes)) fail('not written as it was')
  }
  expect(whole).toBeGreaterThan(CASES / 4)
})

/** Whether it is several values one after another, or an array, each an event. */
function several(document: string): boolean {
  if (document.startsWith('[')) return true
  for (let end = document.indexOf('}') + 1; end > 0; end = document.indexOf('}', end) + 1)
    if (byObject(document.slice(0, end), ORIGIN) !== undefined) return true
  return document.startsWith('"')
}
