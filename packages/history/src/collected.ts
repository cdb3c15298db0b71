import type { Engine } from './engine/engine.ts'
import { text } from './literal.ts'
import { TABLE } from './schema.ts'

/** The highest seq above the given one of a collector's events in the table; 0 where there is none. */
export async function usedAbove(engine: Engine, collector: string, seq: number): Promise<number> {
  const { bytes } = await engine.read(
    `SELECT max(seq) FROM ${TABLE} WHERE collector = ${text(collector)} AND seq > ${seq}`,
  )
  return Number(bytes.toString())
}

/** Whose event the table received last. */
export async function newestCollector(engine: Engine): Promise<string | undefined> {
  const { bytes } = await engine.read(`SELECT argMax(toString(collector), received_at) FROM ${TABLE}`)
  return bytes.toString().trim() || undefined
}

/** The greatest event time, in ms, of all in the table but a collector's events from a seq on; undefined where there is none. */
export async function maxTimeBeside(engine: Engine, collector: string, seq: number): Promise<number | undefined> {
  const { bytes } = await engine.read(
    `SELECT toUnixTimestamp64Micro(max(time)), count() FROM ${TABLE} WHERE collector != ${text(collector)} OR seq < ${seq}`,
  )
  const [micros, count] = bytes.toString().trim().split('\t').map(Number)
  return count === 0 ? undefined : micros! / 1000
}
