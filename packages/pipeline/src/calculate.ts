import { type Batch, BOUNDS, fingerprint, type Json, type RowView, rowView, setInfo, toPlain } from '@telltale/event'
import { atOnce, Code, eventOf, type Failure, type Guard, said } from './guard.ts'
import type { FailureReport } from './process.ts'

/** A value added to events, under the calculation's name. Nothing is added where it gives undefined, NaN or an infinity. */
export type Calculation = (event: RowView) => Json | undefined

/** A calculation ready to run. */
export class Calculator extends Code {
  readonly #path: string[]
  readonly #calculation: Calculation

  constructor(name: string, calculation: Calculation) {
    super(`calculate.${name}`)
    this.#path = name.split('.')
    this.#calculation = calculation
  }

  /** Adds its value to every event of a batch, in place. */
  run(batch: Batch, guard: Guard, report: FailureReport): void {
    if (this.off !== undefined) return
    const values: (Json | undefined)[] = []
    const failures: Failure[] = []
    const { meter, name } = this
    const started = meter.start()
    guard.over(batch.length, row => {
      if (this.off !== undefined) return
      guard.running = this
      try {
        values[row] = plain(atOnce(this.#calculation(rowView(batch, row))))
      } catch (error) {
        values[row] = undefined
        failures.push({ name, message: said(error), from: eventOf(batch, row) })
      }
    })
    meter.stop(started, batch.length)
    for (const failure of failures) {
      meter.failed()
      report(failure)
    }
    const rows = Array.from(values.keys()).filter(row => values[row] !== undefined)
    if (rows.length === 0) return
    setInfo(
      batch,
      this.#path,
      rows,
      rows.map(row => values[row]!),
    )
  }
}

/** What of a value goes into an event. Objects can be code as well, which is run here, where it can be ended. */
function plain(value: Json | undefined): Json | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined
  if (typeof value !== 'object' || value === null) return value
  const made = toPlain(value, BOUNDS)
  if ('reason' in made) throw new TypeError(`gave what cannot be taken: ${made.reason}`)
  return made.value
}

/** Adds the fingerprint and the calculated values to every event of a batch, in place. */
export function calculate(batch: Batch, calculators: readonly Calculator[], guard: Guard, report: FailureReport): void {
  fingerprint(batch)
  for (const calculator of calculators) calculator.run(batch, guard, report)
}
