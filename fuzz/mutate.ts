import type { Random } from '../packages/query/src/seeded.ts'

/** The chance of a case: equal for equal seed and number, unlike its neighbours'. */
export function seedOf(seed: number, number: number): number {
  return (Math.imul(seed, 0x9e3779b1) + Math.imul(number ^ (number >>> 16), 0x85ebca6b)) | 0
}

/** Bytes that decoders tend to take for something. */
const ODD = [0, 1, 9, 10, 13, 32, 34, 44, 45, 46, 47, 48, 57, 58, 91, 92, 93, 96, 123, 125, 127, 128, 0xc3, 0xed, 0xff]

/** The same bytes with some of them changed, taken out, repeated, moved or made up. */
export function mutated(random: Random, bytes: Buffer, most = 6): Buffer {
  let out: Buffer = Buffer.from(bytes)
  for (let edits = 1 + random.below(most); edits > 0; edits--) out = edited(random, out)
  return out
}

function edited(random: Random, bytes: Buffer): Buffer {
  const at = random.below(bytes.length + 1)
  const length = 1 + random.below(random.chance(0.2) ? 64 : 6)
  const before = bytes.subarray(0, at)
  const piece = bytes.subarray(at, at + length)
  switch (random.below(8)) {
    case 0:
      return Buffer.concat([before, bytes.subarray(at + length)])
    case 1:
      return Buffer.concat([before, piece, piece, bytes.subarray(at + length)])
    case 2:
      return Buffer.concat([before, Buffer.from([random.of(ODD)]), bytes.subarray(at)])
    case 3:
      return Buffer.concat([before, Buffer.from([random.below(256)]), bytes.subarray(at + 1)])
    case 4:
      return Buffer.concat([before, Buffer.from([random.of(ODD)]), bytes.subarray(at + 1)])
    case 5: {
      const to = random.below(bytes.length + 1)
      return Buffer.concat([bytes.subarray(0, to), piece, bytes.subarray(to)])
    }
    case 6:
      return random.chance(0.3) ? Buffer.from(before) : flipped(random, bytes)
    default:
      return flipped(random, bytes)
  }
}

function flipped(random: Random, bytes: Buffer): Buffer {
  if (bytes.length === 0) return Buffer.alloc(0)
  const out = Buffer.from(bytes)
  const at = random.below(out.length)
  out[at] = out[at]! ^ (1 << random.below(8))
  return out
}

export function noise(random: Random, most: number): Buffer {
  const out = Buffer.allocUnsafe(random.below(most + 1))
  for (let i = 0; i < out.length; i++) out[i] = random.below(256)
  return out
}

/** The bytes cut into pieces as a network might. */
export function pieces(random: Random, bytes: Buffer): Buffer[] {
  const most = random.of([1, 3, 17, 200, 70_000])
  const cut: Buffer[] = []
  for (let at = 0; at < bytes.length; ) {
    const length = 1 + random.below(most)
    cut.push(bytes.subarray(at, at + length))
    at += length
  }
  return cut
}
