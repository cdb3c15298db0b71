import { Readable } from 'node:stream'
import { Decompress } from 'fzstd'
import { ZstdFrames } from './zstd-frames.ts'

const WINDOW = 8 * 1024 * 1024
/** Bytes given to the decoder at a time: four may become 128 KiB, and each block moves the window. */
const SLICE = 256

/** What a stream was before it was compressed by Zstandard (Node 20's zlib has none). */
export function unzstd(compressed: Readable): Readable {
  return Readable.from(decompressed(compressed), { objectMode: false })
}

async function* decompressed(compressed: Readable): AsyncGenerator<Buffer> {
  const frames = new ZstdFrames(WINDOW)
  const decompress = new Decompress()
  let made: Buffer[] = []
  decompress.ondata = data => {
    if (data.length > 0) made.push(Buffer.from(data))
  }
  const push = (bytes: Uint8Array, last: boolean): Buffer[] => {
    made = []
    try {
      frames.follow(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length))
      decompress.push(bytes, last)
    } catch (error) {
      throw new Error(`not Zstandard: ${(error as Error).message}`)
    }
    return made
  }
  // Who stops reading answers its sender first: the request is not torn down with what is made of it.
  for await (const chunk of compressed.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>)
    for (let at = 0; at < chunk.length; at += SLICE) yield* push(chunk.subarray(at, at + SLICE), false)
  yield* push(new Uint8Array(0), true)
}
