import { type Batch, fingerprint, type Json, type RowView, rowView, setInfo } from '@telltale/event'
import type { FailureReport } from './process.ts'

/** A value added to events, under the calculation's name. Nothing is added where it gives undefined, NaN or an infinity. */
export type Calculation = (event: RowView) => Json | undefined

/** Adds the fingerprint and the calculated values to every event of a batch, in place. */
export function calculate(
  batch: Batch,
  calculations: Readonly<Record<string, Calculation>>,
  report: FailureReport,
): void {
  fingerprint(batch)
  for (const [name, calculation] of Object.entries(calculations)) {
    const rows: number[] = []
    const values: Json[] = []
    for (let row = 0; row < batch.length; row++) {
      const view = rowView(batch, row)
      try {
        const value = calculation(view)
        if (value === undefined || (typeof value === 'number' && !Number.isFinite(value))) continue
        rows.push(row)
        values.push(value)
      } catch (error) {
        report(`calculate.${name}`, error, batch.event(row))
      }
    }
    if (rows.length > 0) setInfo(batch, name.split('.'), rows, values)
  }
}
