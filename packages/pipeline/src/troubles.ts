import type { EventInput } from '@telltale/event'

interface Trouble {
  readonly type: string
  readonly info: Readonly<Record<string, unknown>>
  count: number
}

/** Different troubles that wait to be told; more are counted as `others`. */
const MAX_WAITING = 100

/**
 * What went wrong, on its way to becoming events. Of each thing one event a second at most is made, with the count; what
 * can not be journaled now is told once it can.
 */
export class Troubles {
  #waiting = new Map<string, Trouble>()
  readonly #told = new Set<string>()

  /**
   * @param about what is counted together with others of its type
   * @returns whether it may be told at once
   */
  add(type: string, about: string, info: Readonly<Record<string, unknown>>, count = 1): boolean {
    const key = this.#waiting.size < MAX_WAITING ? `${type} ${about}` : `${type} others`
    const known = this.#waiting.get(key)
    this.#waiting.set(key, { type, info, count: count + (known?.count ?? 0) })
    return !this.#told.has(key)
  }

  /** A second has passed. */
  tick(): void {
    this.#told.clear()
  }

  /** What may be told now, as events; `back` is called where they could not be journaled. */
  take(): { events: EventInput[]; back(): void } | undefined {
    const due = [...this.#waiting].filter(([key]) => !this.#told.has(key))
    if (due.length === 0) return undefined
    for (const [key] of due) {
      this.#waiting.delete(key)
      this.#told.add(key)
    }
    return {
      events: due.map(([, { type, info, count }]) => ({ type, tags: ['telltale'], ...info, count }) as EventInput),
      back: () => {
        for (const [key, { type, info, count }] of due) this.add(type, key.slice(type.length + 1), info, count)
      },
    }
  }
}
