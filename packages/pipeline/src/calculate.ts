import { type Batch, fingerprint, type Json, type RowView, rowView, setInfo } from '@telltale/event'
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
        const value = atOnce(this.#calculation(rowView(batch, row)))
        values[row] = typeof value === 'number' && !Number.isFinite(value) ? undefined : value
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

/** Adds the fingerprint and the calculated values to every event of a batch, in place. */
export function calculate(batch: Batch, calculators: readonly Calculator[], guard: Guard, report: FailureReport): void {
  fingerprint(batch)
  for (const calculator of calculators) calculator.run(batch, guard, report)
}
