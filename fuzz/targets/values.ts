import { ValueSplitter } from '@telltale/event'
import { Random } from '../../packages/query/src/seeded.ts'
import { mutated, noise, pieces } from '../mutate.ts'
import { eventLines } from '../samples.ts'
import { must, type Target } from '../target.ts'

const MOST = 400

/** Four bytes say how the rest is cut. */
export const values: Target = {
  name: 'values',
  about: 'a stream cut anywhere, between JSON values: nothing of it is lost or there twice, and what is held is told',
  few: 20_000,
  make(random) {
    const lines = eventLines(random, 8)
    return Buffer.concat([noise(random, 4), random.chance(0.5) ? lines : mutated(random, lines)])
  },
  run(input) {
    const bytes = input.subarray(4)
    const splitter = new ValueSplitter(MOST)
    const found: Buffer[] = []
    let held = 0
    for (const piece of pieces(new Random(input.length > 3 ? input.readInt32LE(0) : 1), bytes)) {
      const whole = splitter.push(piece)
      if (whole !== undefined) found.push(whole)
      held = whole === undefined ? held + piece.length : splitter.held
      must(splitter.held === held, () => `${splitter.held} bytes said to be held, not ${held}`)
    }
    found.push(splitter.end() ?? Buffer.alloc(0))
    must(Buffer.concat(found).equals(bytes), () => 'other bytes than came')
  },
}
