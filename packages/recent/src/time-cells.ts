import type { Cells } from './cells.ts'
import type { Numbers } from './numbers.ts'
import { OpenTexts, type Texts } from './texts.ts'

const NO_TEXTS: Texts = new OpenTexts(1).frozen()

/** Numbers of which every row has one. */
export class TimeCells implements Cells {
  readonly path: undefined
  readonly rows: undefined
  readonly codes: undefined
  readonly numbers: Numbers
  readonly count: number
  readonly texts: Texts = NO_TEXTS
  readonly byteLength = 0

  constructor(numbers: Numbers, count: number) {
    this.numbers = numbers
    this.count = count
  }
}
