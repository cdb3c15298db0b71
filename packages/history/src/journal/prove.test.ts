import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { batchOf, SimulatedClock, writeLines } from '@telltale/event'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Journal, journal } from './journal.ts'
import type { Damage } from './prove.ts'

let dir: string
const opened: Journal[] = []
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'prove-'))
})
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close().catch(() => {})
  await rm(dir, { recursive: true, force: true })
})

const events = (count: number) =>
  batchOf(
    Array.from({ length: count }, (_, n) => ({ type: 't', n, text: 'x'.repeat(n % 40) })),
    { hostname: 'h', receivedAt: 1_795_132_800_003.5 },
  ).batch

async function opening(clock = new SimulatedClock()): Promise<{ one: Journal; damage: Damage[] }> {
  const one = journal({ dir, collector: 'me', clock })
  opened.push(one)
  const damage: Damage[] = []
  one.onDamaged(found => damage.push(found))
  await one.open()
  return { one, damage }
}

async function seqs(one: Journal): Promise<number[]> {
  const found: number[] = []
  for (const segment of one.sealed)
    for await (const batch of one.read(segment))
      for (let row = 0; row < batch.length; row++) found.push(batch.seq + row)
  return found
}
const upTo = (n: number, but: readonly number[] = []) =>
  Array.from({ length: n }, (_, i) => i + 1).filter(seq => !but.includes(seq))

/** Three groups of ten events in a sealed segment, of whose bytes the disk makes others. */
async function spoilt(spoil: (text: Buffer) => Buffer | undefined): Promise<void> {
  const { one } = await opening()
  for (let i = 0; i < 3; i++) await one.append(events(10))
  await one.seal()
  await one.close()
  const { path } = one.sealed[0]!
  const bytes = await readFile(path)
  await writeFile(path, spoil(bytes) ?? bytes)
}

const at = (bytes: Buffer, text: string) => bytes.indexOf(text)
/** Without the sums of the last group, as a crash leaves it. */
const cut = (bytes: Buffer) => bytes.subarray(0, bytes.lastIndexOf('{"sums"'))
const lineOf = (bytes: Buffer, seq: number) => at(bytes, `{"seq":${seq},`)

test.each<[string, number[], (bytes: Buffer) => Buffer | undefined]>([
  ['a byte of a number', [13], bytes => void bytes.write('7', bytes.indexOf('"n":2', lineOf(bytes, 13)) + 4)],
  ['a byte of a text', [15], bytes => void bytes.write('y', bytes.indexOf('xxx', lineOf(bytes, 15)))],
  ['a digit of a seq', [17], bytes => void bytes.write('9', lineOf(bytes, 17) + 8)],
  ['a newline', [14, 15], bytes => void bytes.write(' ', lineOf(bytes, 15) - 1)],
  ['a newline too many', [16], bytes => void bytes.write('\n', bytes.indexOf('"type"', lineOf(bytes, 16)))],
  ['the last byte of the last group', [30], bytes => void bytes.writeUInt8(0, bytes.lastIndexOf('{"sums"') - 1)],
  [
    'the head of an event behind the last sums',
    [30],
    bytes => cut(bytes).fill('x', lineOf(bytes, 30), lineOf(bytes, 30) + 3),
  ],
  ['the last byte of a group', [10], bytes => void bytes.writeUInt8(0, at(bytes, '{"sums"') - 1)],
  [
    'a line that is there twice',
    [19],
    bytes => {
      const [from, to] = [lineOf(bytes, 18), lineOf(bytes, 19)]
      const line = bytes.subarray(from, to)
      return Buffer.concat([bytes.subarray(0, to), line, bytes.subarray(lineOf(bytes, 20))])
    },
  ],
  ['a page of zeros', upTo(9).slice(2), bytes => void bytes.fill(0, lineOf(bytes, 3) + 9, lineOf(bytes, 10) - 9)],
])(
  'scar: %s changed by the disk is noticed where JSON would not: its event is set aside and told',
  async (_, gone, spoil) => {
    await spoilt(spoil)
    const { one, damage } = await opening()
    expect(await seqs(one)).toEqual(upTo(30, gone))
    expect(damage).toMatchObject([{ events: gone.length }])
    const [name] = await readdir(join(dir, 'refused'))
    const kept = await readFile(join(dir, 'refused', name!))
    expect(kept).toEqual(Buffer.concat(damage[0]!.lines))
    expect(await seqs(one)).toEqual(upTo(30, gone))
    expect(damage).toHaveLength(1)
    await one.close()
    const next = await opening()
    expect(await seqs(next.one)).toEqual(upTo(30, gone))
    expect(next.damage).toEqual([])
  },
)

test('whatever byte the disk changes: it is told, and what is read is what was written', async () => {
  await spoilt(() => undefined)
  const [name] = (await readdir(dir)).filter(each => each.endsWith('.jsonl'))
  const whole = await readFile(join(dir, name!))
  await fc.assert(
    fc.asyncProperty(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
      const bytes = Buffer.from(whole)
      bytes[at]! ^= change
      await writeFile(join(dir, name!), bytes)
      const { one, damage } = await opening()
      const read: unknown[][] = []
      for (const segment of one.sealed)
        for await (const batch of one.read(segment))
          for (let row = 0; row < batch.length; row++) read.push([batch.seq + row, batch.event(row)])
      await one.close()
      // Bits of padding in base64 mean nothing.
      if (read.length === 30 && damage.length === 0) expect(whole.toString('latin1', at - 3, at + 6)).toMatch(/="/)
      else expect(damage).toHaveLength(1)
      expect(read.length).toBeGreaterThan(27)
      for (const [seq, event] of read)
        expect(event).toMatchObject({ seq, type: 't', additional_info: { n: (Number(seq) - 1) % 10 } })
      await rm(join(dir, 'refused'), { recursive: true, force: true })
    }),
    { numRuns: 150, endOnFailure: true, examples: [[5161, 8]] },
  )
})

const sumsAt = (bytes: Buffer, group: number) => {
  let from = -1
  for (let n = 0; n <= group; n++) from = bytes.indexOf('{"sums"', from + 1)
  return from
}

test.each<[string, number, (bytes: Buffer) => number]>([
  ['nothing at all', 0, () => 0],
  ['the sums of the first group', 10, bytes => sumsAt(bytes, 0) + 9],
  ['the second group', 20, bytes => lineOf(bytes, 21)],
  ['a whole line of the third', 25, bytes => lineOf(bytes, 26)],
  ['half a line', 25, bytes => lineOf(bytes, 26) + 12],
  ['a line, but not its newline', 26, bytes => lineOf(bytes, 27) - 1],
  ['the last event, but not its sums', 30, bytes => sumsAt(bytes, 2)],
])('scar: a sealed segment that ends behind %s: what lacks is told, once', async (_, last, end) => {
  await spoilt(bytes => bytes.subarray(0, end(bytes)))
  const { one, damage } = await opening()
  expect(await seqs(one)).toEqual(upTo(last))
  expect(damage.map(({ events }) => events)).toEqual(last < 30 ? [30 - last] : [])
  await one.close()
  const next = await opening()
  expect(await seqs(next.one)).toEqual(upTo(last))
  expect(next.damage).toEqual([])
})

test('wherever a segment ends: what is left is read, what lacks is told, and every line of it is one for the engine', async () => {
  await spoilt(bytes => bytes)
  const name = (await readdir(dir)).find(name => name.endsWith('.jsonl'))!
  const whole = await readFile(join(dir, name))
  for (let end = lineOf(whole, 29); end <= whole.length; end++) {
    await writeFile(join(dir, name), whole.subarray(0, end))
    const { one, damage } = await opening()
    const read = await seqs(one)
    expect({ end, read }).toEqual({ end, read: upTo(read.length) })
    expect(damage.reduce((sum, { events }) => sum + events, read.length)).toBe(30)
    const lines = (await readFile(join(dir, name), 'utf8')).split('\n').filter(Boolean)
    for (const line of lines) expect(() => JSON.parse(line)).not.toThrow()
    await one.close()
  }
})

test('of a segment that was written anew, a line damaged after that is told', async () => {
  await spoilt(bytes => bytes.subarray(0, lineOf(bytes, 26)))
  const { one } = await opening()
  expect(await seqs(one)).toEqual(upTo(25))
  await one.close()
  const { path } = one.sealed[0]!
  const bytes = await readFile(path)
  bytes.write('x', lineOf(bytes, 7))
  await writeFile(path, bytes)
  const { one: two, damage } = await opening()
  expect(await seqs(two)).toEqual(upTo(25, [7]))
  expect(damage).toMatchObject([{ events: 1, lines: [expect.any(Buffer)] }])
})

test('where sums themselves are damaged their events stay, and it is told', async () => {
  await spoilt(bytes => void bytes.write('?', bytes.lastIndexOf('{"sums"', lineOf(bytes, 21)) + 12))
  const { one, damage } = await opening()
  expect(await seqs(one)).toEqual(upTo(30))
  expect(damage).toMatchObject([{ events: 0, lines: [expect.any(Buffer)] }])
})

test.each(Array.from('{"sums":"', (_, byte) => byte))(
  'scar: byte %i of the head of the last sums damaged is told, and no event is lost',
  async byte => {
    await spoilt(bytes => void (bytes[bytes.lastIndexOf('{"sums"') + byte]! ^= 8))
    const { one, damage } = await opening()
    expect(await seqs(one)).toEqual(upTo(30))
    expect(damage).toMatchObject([{ events: 0, lines: [expect.any(Buffer)] }])
  },
)

test('a segment of an earlier version, without sums, is read as it is', async () => {
  const { one } = await opening()
  const batch = events(20)
  batch.seq = 1
  batch.collector = 'me'
  await one.close()
  await writeFile(join(dir, 'me-0000000000000001-0000000000000020.jsonl'), writeLines(batch))
  const { one: two, damage } = await opening()
  expect([await seqs(two), damage]).toEqual([upTo(20), []])
})

test('what this life wrote is not read again for it, unless it waits for long', async () => {
  const clock = new SimulatedClock()
  const { one, damage } = await opening(clock)
  await one.append(events(10))
  await one.seal()
  const { path } = one.sealed[0]!
  const bytes = await readFile(path)
  bytes.write('7', bytes.indexOf('"n":2') + 4)
  await writeFile(path, bytes)
  expect([await seqs(one), damage]).toEqual([upTo(10), []])
  clock.advance(300_000)
  expect(await seqs(one)).toEqual(upTo(10, [3]))
  expect(damage).toMatchObject([{ events: 1 }])
})

test('it is proven once, however many ask; and again where that failed', async () => {
  await spoilt(bytes => void bytes.write('7', bytes.indexOf('"n":2') + 4))
  const { one, damage } = await opening()
  const segment = one.sealed[0]!
  await rm(segment.path)
  await expect(one.prove(segment)).rejects.toThrow(/ENOENT/)
  await writeFile(
    segment.path,
    upTo(30)
      .map(seq => `{"seq":${seq}}\n`)
      .join(''),
  )
  await Promise.all([one.prove(segment), one.prove(segment)])
  expect(damage).toEqual([])
})
