import { closeSync, ftruncateSync, openSync, readdirSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { FATE, type Ledger } from './ledger.ts'
import type { Random } from './random.ts'

const PAGE = 4096
const NEWLINE = 10

/**
 * Does to the open segment of a dead program's journal what a power cut can do under `sync: always`: anything at all behind
 * the last acknowledged byte, nothing before it.
 * @returns what was done; undefined where there is no open segment
 */
export function damageTail(journal: string, ledger: Ledger, random: Random): string | undefined {
  const name = readdirSync(journal).find(entry => entry.endsWith('.open'))
  if (name === undefined) return undefined
  const bytes = readFileSync(join(journal, name))
  const from = random.int(acknowledgedEnd(bytes, ledger), bytes.length)
  const file = openSync(join(journal, name), 'r+')
  const way = random.pick(WAYS)
  way.damage(file, bytes, from, random)
  closeSync(file)
  return `${way.name} from ${from} of ${bytes.length}`
}

interface Way {
  name: string
  damage(file: number, bytes: Buffer, from: number, random: Random): void
}

const put = (file: number, bytes: Buffer, at: number): void => void writeSync(file, bytes, 0, bytes.length, at)

const WAYS: readonly Way[] = [
  { name: 'cut', damage: (file, _bytes, from) => ftruncateSync(file, from) },
  {
    name: 'zeros',
    damage: (file, bytes, from, random) => put(file, Buffer.alloc(bytes.length - from + random.int(0, 3) * PAGE), from),
  },
  { name: 'garbage', damage: (file, _bytes, from, random) => put(file, random.bytes(random.int(1, 3 * PAGE)), from) },
  {
    name: 'half a line',
    damage: (file, bytes, from) => {
      ftruncateSync(file, from)
      put(file, bytes.subarray(0, Math.max(1, bytes.indexOf(NEWLINE) >> 1)), from)
    },
  },
  {
    // The later page reached the disk, the one before did not.
    name: 'a hole',
    damage: (file, bytes, from) => {
      const page = Math.ceil(from / PAGE) * PAGE
      if (page < bytes.length) put(file, Buffer.alloc(Math.min(PAGE, bytes.length - page)), page)
    },
  },
]

/** What of our events waits in a dead program's journal. */
export function waitingIn(journal: string): number[] {
  const segments = readdirSync(journal).filter(name => /\.jsonl(\.open)?$/.test(name))
  return segments.flatMap(name => [...numbered(readFileSync(join(journal, name)))].flatMap(({ n }) => n ?? []))
}

/**
 * Overwrites some bytes in the middle of a sealed segment, as a failing disk does: with zeros, or with something else.
 * @returns what was done; undefined where no segment waits for the history
 */
export function rotSegment(journal: string, ledger: Ledger, random: Random): string | undefined {
  const name = readdirSync(journal).find(entry => entry.endsWith('.jsonl'))
  if (name === undefined) return undefined
  const bytes = readFileSync(join(journal, name))
  const from = random.int(0, bytes.length - 1)
  const to = Math.min(bytes.length, from + random.pick([1, 100, PAGE]))
  for (const { end, n, start } of numbered(bytes)) if (start < to && end > from && n !== undefined) ledger.destroyed(n)
  const file = openSync(join(journal, name), 'r+')
  const zeros = random.oneIn(2)
  const others = Buffer.from(bytes.subarray(from, to).map(byte => (zeros ? 0 : byte ^ random.int(1, 255))))
  put(file, others, from)
  closeSync(file)
  return `bytes ${from} to ${to} of ${name} are ${zeros ? 'zeros' : 'others'}`
}

/** The end of the last line that was acknowledged. */
function acknowledgedEnd(bytes: Buffer, ledger: Ledger): number {
  let last = 0
  for (const { end, n } of numbered(bytes)) if (n !== undefined && ledger.fate(n) === FATE.acknowledged) last = end
  return last
}

/** The whole lines of a segment, and which of our events they are. */
function* numbered(bytes: Buffer): Generator<{ start: number; end: number; n: number | undefined }> {
  for (let start = 0; start < bytes.length; ) {
    const newline = bytes.indexOf(NEWLINE, start)
    if (newline < 0) return
    const n = /"additional_info":\{"n":(\d+)/.exec(bytes.toString('latin1', start, newline))?.[1]
    yield { start, end: newline + 1, n: n === undefined ? undefined : Number(n) }
    start = newline + 1
  }
}
