import { Readable } from 'node:stream'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { Random } from '../../packages/query/src/seeded.ts'
import { decoded, takeBody } from '../../packages/server/src/body.ts'
import { Room } from '../../packages/server/src/room.ts'
import { mutated, noise, pieces } from '../mutate.ts'
import { eventLines } from '../samples.ts'
import { Counting } from '../stand-in.ts'
import { must, type Target } from '../target.ts'

const ENCODINGS = ['', 'gzip', 'deflate', 'br', 'zstd', 'x-gzip', 'identity']
const LIMIT = 64 * 1024
const room = new Room(64 * LIMIT)
const stopping = new AbortController().signal

/** A frame of raw blocks, and sometimes one that says a byte is repeated: a bomb. */
function zstd(random: Random, bytes: Buffer): Buffer {
  const blocks: Buffer[] = [Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, random.of([0x58, 0x00, 0x80, 0xf8])])]
  const head = (length: number, kind: number, last: boolean): Buffer => {
    const value = (length << 3) | (kind << 1) | (last ? 1 : 0)
    return Buffer.from([value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff])
  }
  blocks.push(head(bytes.length, 0, !random.chance(0.1)), bytes)
  if (random.chance(0.05)) for (let i = 0; i < 20; i++) blocks.push(head(131_071, 1, i === 19), Buffer.from('\n'))
  return Buffer.concat(blocks)
}

function compressed(random: Random, encoding: string, bytes: Buffer): Buffer {
  const big = random.chance(0.002) ? Buffer.alloc(2_000_000, random.of([10, 32, 91, 97])) : bytes
  switch (encoding) {
    case 'gzip':
    case 'x-gzip':
      return gzipSync(big, { level: 1 })
    case 'deflate':
      return deflateSync(big, { level: 1 })
    case 'br':
      return brotliCompressSync(big, { params: { 1: 1 } })
    case 'zstd':
      return zstd(random, bytes)
    default:
      return bytes
  }
}

/** A byte for the encoding, one for flags, four for how it is cut, then the body. */
export const body: Target = {
  name: 'http-body',
  about:
    'the body of a POST in every encoding, whole, torn or a bomb: an outcome or an error of the body, in bounded memory',
  few: 300,
  make(random) {
    const encoding = random.below(ENCODINGS.length)
    const whole = compressed(random, ENCODINGS[encoding]!, eventLines(random, 8))
    const kind = random.next()
    const sent =
      kind < 0.3 ? whole : kind < 0.5 ? whole.subarray(0, random.below(whole.length + 1)) : mutated(random, whole)
    return Buffer.concat([
      Buffer.from([encoding, random.below(4)]),
      Buffer.from([1, 2, 3, random.below(256)]),
      sent,
      noise(random, 0),
    ])
  },
  async run(input) {
    const encoding = ENCODINGS[(input[0] ?? 0) % ENCODINGS.length]!
    const lines = ((input[1] ?? 0) & 1) === 1
    const cut = pieces(new Random(input.length > 5 ? input.readInt32LE(2) : 1), input.subarray(6))
    const intake = new Counting()
    const stream = decoded(Readable.from(cut), encoding)!
    const before = process.memoryUsage().arrayBuffers
    const outcome = await takeBody(
      stream,
      intake,
      { channel: 'http', address: 'h' },
      { maxWhole: LIMIT, lines, patience: 100, room, stopping },
    )
    must(outcome.accepted === intake.accepted, () => `${outcome.accepted} said, ${intake.accepted} taken`)
    must(outcome.rejectedTotal === intake.refused, () => `${outcome.rejectedTotal} said, ${intake.refused} refused`)
    if (outcome.stopped?.status === 400) {
      const { code = '', message = '' } = (stream.errored ?? {}) as NodeJS.ErrnoException
      must(
        /^(Z_|ERR_)/.test(code) || message.startsWith('not Zstandard'),
        () => `not taken for an error of the body: ${outcome.stopped?.message}`,
      )
    }
    stream.destroy()
    const grown = process.memoryUsage().arrayBuffers - before
    must(grown < 64 * 1024 * 1024, () => `${grown} bytes held for a body of ${input.length}`)
  },
}
