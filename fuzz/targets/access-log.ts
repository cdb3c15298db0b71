import { scan } from '@telltale/event'
import { FORMATS, lineReader } from '../../packages/telltale/src/lines/index.ts'
import { mutated } from '../mutate.ts'
import { eventLines } from '../samples.ts'
import { must, type Target } from '../target.ts'

const LINES = [
  '127.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] "GET /apache_pb.gif HTTP/1.0" 200 2326 "http://www.example.com/start.html" "Mozilla/4.08 [en] (Win98; I ;Nav)"',
  '::1 - - [22/Nov/2026:10:00:00 +0000] "-" 400 -',
  `h - - [22/Nov/2026:10:00:00 +0000] "${'\\x22'.repeat(40)}`,
]

/** The first byte says which format is named. */
export const accessLog: Target = {
  name: 'log-lines',
  about: 'lines given to telltale send: each becomes JSON that is an event, or none',
  few: 10_000,
  make: random =>
    Buffer.concat([
      Buffer.from([random.below(4)]),
      random.chance(0.3) ? eventLines(random, 2) : mutated(random, Buffer.from(random.of(LINES))),
    ]),
  run(input) {
    const format = FORMATS[(input[0] ?? 0) % FORMATS.length]!
    const read = lineReader({ format, type: 'log', hostname: 'h' })
    for (const line of input.toString('utf8', 1).split('\n')) {
      const made = read(line)
      if (made === undefined || format === 'json') continue
      const { accepted, refused } = scan(Buffer.from(made), { hostname: 'h', receivedAt: 1e12 })
      const ownTime = /"(time|tags|type|hostname|md5|additional_info)"/.test(line)
      must(accepted + refused > 0, () => `lost: ${made}`)
      must(refused === 0 || ownTime || format === 'auto', () => `refused: ${made}`)
    }
  },
}
