import {
  type Batch,
  type Bounds,
  fingerprint,
  type Json,
  type RowView,
  rowView,
  setInfo,
  toPlain,
  writeInfo,
} from '@telltale/event'
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
  run(batch: Batch, bounds: Bounds, guard: Guard, report: FailureReport): void {
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
        values[row] = bounded(value, batch, row, bounds)
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

/** Bytes of a value beside which nobody measures what else the event holds. */
const SHORT = 4096

/** The value, where the event still keeps the bounds with it. @throws why not */
function bounded(value: Json | undefined, batch: Batch, row: number, bounds: Bounds): Json | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined
  if (value === undefined || value === null || typeof value === 'boolean') return value
  const short = toPlain(value, { ...bounds, line: Math.min(SHORT, bounds.line) })
  if ('value' in short) return short.value
  const rest = bounds.line - Buffer.byteLength(writeInfo(batch, row))
  const plain = toPlain(value, { ...bounds, line: rest })
  if ('value' in plain) return plain.value
  throw new RangeError(
    `gives what cannot be taken: ${plain.reason.startsWith('longer') ? `with it the event is longer than ${bounds.line} bytes` : plain.reason}`,
  )
}

/** Adds the fingerprint and the calculated values to every event of a batch, in place. */
export function calculate(
  batch: Batch,
  calculators: readonly Calculator[],
  bounds: Bounds,
  guard: Guard,
  report: FailureReport,
): void {
  fingerprint(batch)
  for (const calculator of calculators) calculator.run(batch, bounds, guard, report)
}
