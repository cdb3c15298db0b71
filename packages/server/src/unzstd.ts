import { Transform } from 'node:stream'
import { Decompress } from 'fzstd'

/** A stream that undoes Zstandard (Node 20's zlib has none). */
export function unzstd(): Transform {
  const decompress = new Decompress()
  const stream = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      try {
        decompress.push(chunk)
        done()
      } catch (error) {
        done(new Error(`not Zstandard: ${(error as Error).message}`))
      }
    },
    flush(done) {
      try {
        decompress.push(new Uint8Array(0), true)
        done()
      } catch (error) {
        done(new Error(`not Zstandard: ${(error as Error).message}`))
      }
    },
  })
  decompress.ondata = data => {
    if (data.length > 0) stream.push(Buffer.from(data.buffer, data.byteOffset, data.length))
  }
  return stream
}
