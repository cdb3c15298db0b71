import { execFileSync } from 'node:child_process'
import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { unzstd } from './unzstd.ts'

const MAGIC = [0x28, 0xb5, 0x2f, 0xfd]

async function read(...pieces: (readonly number[] | Buffer)[]): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const part of unzstd(Readable.from(pieces.map(piece => Buffer.from(piece))))) parts.push(part as Buffer)
  return Buffer.concat(parts)
}

const raw = (text: string): number[] => [(text.length << 3) | 1, 0, 0, ...Buffer.from(text)]

test('frames one after another, with others between, cut anywhere', async () => {
  const frame = [...MAGIC, 0x00, 0x58, ...raw('hello')]
  const skipped = [0x50, 0x2a, 0x4d, 0x18, 20, 0, 0, 0, ...Array(20).fill(0x28)]
  const all = [...frame, ...skipped, ...MAGIC, 0x20, 5, ...raw('world')]
  expect((await read(all)).toString()).toBe('helloworld')
  expect((await read(...all.map(byte => [byte]))).toString()).toBe('helloworld')
})

test('a window beyond 8 MiB is refused before it is made, in any frame', async () => {
  const wide = [...MAGIC, 0x00, 0x80, ...raw('hello')]
  await expect(read(wide)).rejects.toThrow('not Zstandard: a window of 67108864 bytes')
  await expect(read([...MAGIC, 0x00, 0x58, ...raw('hello'), ...wide])).rejects.toThrow('a window of 67108864 bytes')
  await expect(read([...MAGIC, 0x55, 0x80])).rejects.toThrow('a window of 67108864 bytes')
  const single = [...MAGIC, 0xa0, 0, 0, 0, 0x40, ...raw('hello')]
  await expect(read(single)).rejects.toThrow('a window of 1073741824 bytes')
})

test('a bomb is undone no faster than it is read', async () => {
  const block = [0xfa, 0xff, 0x0f, 97]
  const bomb = Buffer.from([...MAGIC, 0x00, 0x58, ...Array(5000).fill(block).flat()])
  const before = process.memoryUsage().arrayBuffers
  let length = 0
  for await (const part of unzstd(Readable.from([bomb]))) {
    length += (part as Buffer).length
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(200e6)
    if (length > 50e6) break
  }
  expect(length).toBeGreaterThan(50e6)
})

test('what the zstd program makes', async context => {
  let made: Buffer
  const text = Array.from({ length: 50_000 }, (_, i) => `{"type":"x","n":${i * 7919}}`).join('\n')
  try {
    made = execFileSync('zstd', ['-19', '-c'], { input: text, stdio: ['pipe', 'pipe', 'ignore'] })
  } catch {
    return context.skip('there is no zstd here')
  }
  expect((await read(made)).toString()).toBe(text)
})
