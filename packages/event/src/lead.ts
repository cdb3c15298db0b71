import type { Path } from './schema.ts'
import { Word } from './words.ts'

/** What JSON has between two values of an event: braces that close and open, a comma, keys and a colon. */
export class Lead {
  readonly word: Word
  /** Levels of additional_info that stay open. */
  readonly kept: number
  /** How many objects it opens below those; the event's additional_info itself is none of them. */
  readonly opened: number

  /** @param before where the value before stands; undefined where there is none */
  constructor(before: Path | undefined, path: Path) {
    let kept = 0
    const most = Math.min(before?.depth ?? 0, path.depth) - 1
    while (kept < most && before!.keys[kept] === path.keys[kept]) kept++
    this.kept = kept
    this.opened = path.depth - 1 - kept
    const keys = path.keys.slice(kept).map(key => JSON.stringify(key))
    const start = before === undefined ? '{' : `${'}'.repeat(before.depth - 1 - kept)},`
    this.word = new Word(`${start}${keys.join(':{')}:`)
  }
}
