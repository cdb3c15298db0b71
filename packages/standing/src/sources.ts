import type { Expression } from '@telltale/query'
import type { BatchRows } from '@telltale/query/batch'
import { Keys, Values } from './keys.ts'
import { Numbers } from './numbers.ts'
import { Texts } from './texts.ts'

/** What standing queries read off a batch; those that read the same share it. */
export class Sources {
  readonly rows: BatchRows
  readonly texts: Texts
  /** Rows with a seq up to this have been counted already. */
  seen = 0
  /** The time while a batch is taken in, which is one for all. */
  now: number | undefined
  /** Those with something to tell. */
  readonly touched: { tell(): void }[] = []
  readonly #values: Map<string, Values> = new Map()
  readonly #keys: Map<string, Keys> = new Map()
  readonly #numbers: Map<string, Numbers> = new Map()

  constructor(rows: BatchRows) {
    this.rows = rows
    this.texts = new Texts(rows)
  }

  values(expression: Expression): Values {
    return shared(this.#values, expression, () => new Values(expression, this.rows, this.texts))
  }

  numbers(expression: Expression): Numbers {
    return shared(this.#numbers, expression, () => new Numbers(expression, this.rows))
  }

  keys(expressions: readonly Expression[]): Keys {
    const values = (): Values[] => expressions.map(expression => this.values(expression))
    return shared(this.#keys, expressions, () => new Keys(values(), this.rows))
  }

  /** Forgets what nobody may need any more; what is still in use stays with its users. */
  clear(): void {
    this.#values.clear()
    this.#keys.clear()
    this.#numbers.clear()
  }
}

function shared<T>(all: Map<string, T>, of: unknown, make: () => T): T {
  const text = JSON.stringify(of)
  let one = all.get(text)
  if (one === undefined) all.set(text, (one = make()))
  return one
}
