import { type Origin, scan, ValueSplitter } from '@telltale/event'
import { Random } from '../../packages/query/src/seeded.ts'
import { mutated, noise, pieces } from '../mutate.ts'
import { eventLines } from '../samples.ts'
import { must, type Target } from '../target.ts'

const MOST = 400
const ORIGIN: Origin = { hostname: 'h', receivedAt: 1e12 }
/** Stands between values that are each to be seen as one, whatever is in them. */
const BETWEEN = '\n\n'

/** Four bytes say how the rest is cut. */
export const values: Target = {
  name: 'values',
  about: 'a stream cut anywhere, between JSON values: the events are those of all at once, but for those too long',
  few: 20_000,
  make(random) {
    const kind = random.next()
    const lines = kind < 0.3 ? Buffer.from(random.some(6, () => made(random)).join(BETWEEN)) : eventLines(random, 8)
    return Buffer.concat([noise(random, 4), kind < 0.6 ? lines : mutated(random, lines)])
  },
  run(input) {
    const bytes = input.subarray(4)
    const cut = pieces(new Random(input.length > 3 ? input.readInt32LE(0) : 1), bytes)
    const whole = split(cut, 2 * bytes.length + 2)
    must(Buffer.concat(whole.blocks).equals(bytes) && whole.told === 0, () => 'other bytes than came')
    const short = split(cut, MOST)
    const text = bytes.toString('latin1')
    const between = text.split(BETWEEN).every(isWhole) ? BETWEEN : '\n'
    const texts = text.split(between).map(each => each.replaceAll(/^[ \r\n\t]+|[ \r\n\t]+$/g, ''))
    if (!texts.every(isWhole)) return
    const kept = texts.filter(each => each.startsWith('[') || each.length <= MOST)
    must(short.told === texts.length - kept.length, () => `${short.told} told of those too long`)
    same(whole.blocks, [bytes])
    same(short.blocks, [Buffer.from(kept.join(between), 'latin1')])
  },
}

/** A value on one line or many, short or long, that has events in it and none before or behind. */
function made(random: Random): string {
  const each = random.of(['{"id":1}', '{"id":[{"a":"}"}]}', '[{}]'])
  const list = new Array(random.below(random.chance(0.5) ? 4 : 100)).fill(each).join(random.of([',', ',\n', ',\n  ']))
  return random.chance(0.7) ? `{"records":[${random.of(['', '\n'])}${list}\n]}` : `[${list}]`
}

/** Whether it is JSON, or nothing that looks like some. */
function isWhole(text: string): boolean {
  if (!/[[{}\]"\n]/.test(text)) return true
  try {
    return JSON.parse(text) !== undefined
  } catch {
    return false
  }
}

function split(cut: readonly Buffer[], most: number): { blocks: Buffer[]; told: number } {
  const splitter = new ValueSplitter(most)
  const found: Buffer[] = []
  let told = 0
  const take = ({ blocks, problems }: ReturnType<ValueSplitter['push']>): void => {
    found.push(...blocks)
    told += problems.length
  }
  for (const piece of cut) {
    take(splitter.push(piece))
    must(splitter.array || splitter.held <= 1.5 * most, () => `${splitter.held} bytes held of at most ${most}`)
  }
  take(splitter.end())
  return { blocks: found, told }
}

/** The scanner must say the same of both. */
function same(pieces: readonly Buffer[], others: readonly Buffer[]): void {
  const [a, b] = [said(pieces), said(others)]
  must(a === b, () => `${a.slice(0, 300)} where all at once ${b.slice(0, 300)}`)
}

function said(pieces: readonly Buffer[]): string {
  const all = pieces.map(piece => scan(piece, ORIGIN))
  const events = all.flatMap(({ batch }) => Array.from({ length: batch.length }, (_, row) => batch.event(row)))
  return JSON.stringify(events)
}
