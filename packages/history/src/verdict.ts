import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Engine, EngineError } from './engine/engine.ts'
import { parseSql, STRUCTURE, TRIAL } from './schema.ts'

/**
 * Whether events of a file are why the table did not take them. Asked of the events alone: where they can be read without
 * any table, and taken by an empty one, the table is at fault, damaged on disk for instance, and no event is condemned
 * for that.
 * @param failure of the insert: bad data, or a crash
 * @throws where it can't be told now
 */
export async function atFault(
  engine: Pick<Engine, 'load' | 'command'>,
  file: string,
  failure: EngineError,
): Promise<boolean> {
  try {
    await engine.load({ files: [file], sql: parseSql, structure: STRUCTURE })
    // What reads well may still crash where it is sorted and written.
    if (failure.died) await intoEmpty(engine, file)
    return false
  } catch (error) {
    if (error instanceof EngineError && (error.data || (failure.died && error.died))) return true
    throw error
  }
}

/** Whether the engine takes another event now, a small one: then what it does not take is at fault, not what else it has to do. */
export async function othersGoIn(engine: Pick<Engine, 'load' | 'command'>, dir: string): Promise<boolean> {
  const file = join(dir, 'small.trial')
  try {
    await writeFile(file, SMALL)
    await intoEmpty(engine, file)
    return true
  } catch {
    return false
  } finally {
    await rm(file, { force: true })
  }
}

const SMALL =
  '{"seq":1,"collector":"trial","type":"trial","hostname":"","time":1,"received_at":1,"tags":[],"md5":"","additional_info":{}}\n'

async function intoEmpty(engine: Pick<Engine, 'load' | 'command'>, file: string): Promise<void> {
  for (const sql of TRIAL.begin) await engine.command(sql)
  await engine.load({ files: [file], sql: TRIAL.insert, structure: STRUCTURE })
  await engine.command(TRIAL.end)
}
