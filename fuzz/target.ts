import type { Random } from '../packages/query/src/seeded.ts'

/** Something that takes bytes from outside, and what must be true whatever they are. */
export interface Target {
  readonly name: string
  /** What is fed, and what is held true, in one line. */
  readonly about: string
  /** The input of a case. Must depend on the chance given alone, so that a seed and a number are the case. */
  make(random: Random): Buffer
  /** Must throw (or reject) where something is wrong, and only then. */
  run(input: Buffer): void | Promise<void>
  /** For what must be there before the first case. */
  open?(): Promise<void>
  close?(): Promise<void>
  /** Cases of a short run, as in `npm test`. Default 2,000. */
  readonly few?: number
}

/** Says what is wrong with a case. */
export function must(holds: boolean, what: () => string): asserts holds {
  if (!holds) throw new Error(what())
}
