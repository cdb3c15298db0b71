import { compareWithParse } from '../../packages/event/src/testing/differential.ts'
import { Documents } from '../../packages/event/src/testing/documents.ts'
import type { Target } from '../target.ts'

const BROKEN = 1
const TRUSTED = 2

/** The first byte says how a document is meant. */
export const scan: Target = {
  name: 'scan',
  about: 'a JSON document, read by bytes as JSON.parse reads it, and written as it was read',
  make(random) {
    const documents = new Documents(random.below(2 ** 32))
    const broken = random.chance(0.5)
    const depth = random.of([0, 1, 3, 4, 5, 5])
    const flags = (broken ? BROKEN : 0) | (random.chance(0.2) ? TRUSTED : 0)
    return Buffer.concat([
      Buffer.from([flags]),
      Buffer.from(broken ? documents.mutated(depth) : documents.object(depth)),
    ])
  },
  run(input) {
    const flags = input[0] ?? BROKEN
    compareWithParse(input.toString('utf8', 1), { broken: (flags & BROKEN) > 0, trusted: (flags & TRUSTED) > 0 })
  },
}
