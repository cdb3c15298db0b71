import { LineSplitter } from '@telltale/event'
import { Random } from '../../packages/query/src/seeded.ts'
import { noise, pieces } from '../mutate.ts'
import { must, type Target } from '../target.ts'

const MOST = 40

/** Four bytes say how the rest is cut. */
export const lines: Target = {
  name: 'lines',
  about: 'a stream cut anywhere, into whole lines: the lines are those of the bytes, those too long are told once',
  few: 20_000,
  make(random) {
    const rest = random.chance(0.5)
      ? noise(random, 300)
      : Buffer.from(
          random.some(12, () => 'abc {"x":1} '.repeat(random.below(6))).join(random.of(['\n', '\r\n', '\n\n'])),
        )
    return Buffer.concat([noise(random, 4), rest])
  },
  run(input) {
    const bytes = input.subarray(4)
    const splitter = new LineSplitter(MOST)
    const found: string[] = []
    let told = 0
    const take = ({ blocks, problems }: ReturnType<LineSplitter['push']>): void => {
      found.push(...blocks.map(block => block.toString('latin1')))
      told += problems.length
    }
    for (const piece of pieces(new Random(input.length > 3 ? input.readInt32LE(0) : 1), bytes))
      take(splitter.push(piece))
    take(splitter.end())
    const kept = found.join('').split('\n')
    const all = bytes.toString('latin1').split('\n')
    const long = (line: string): boolean => line.length > MOST
    // What is longer, but came in one piece, is passed on for the scanner to refuse.
    const passed = kept.filter(long).length
    must(told + passed === all.filter(long).length, () => `${told} lines told, ${passed} passed on`)
    const short = (lines: string[]): string => lines.filter(line => !long(line) && line !== '').join('\n')
    must(short(kept) === short(all), () => 'other lines than those of the bytes')
  },
}
