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
    await engine.load({ file, sql: parseSql, structure: STRUCTURE })
    // What reads well may still crash where it is sorted and written.
    if (failure.died) await intoEmpty(engine, file)
    return false
  } catch (error) {
    if (error instanceof EngineError && (error.data || (failure.died && error.died))) return true
    throw error
  }
}

async function intoEmpty(engine: Pick<Engine, 'load' | 'command'>, file: string): Promise<void> {
  for (const sql of TRIAL.begin) await engine.command(sql)
  await engine.load({ file, sql: TRIAL.insert, structure: STRUCTURE })
  await engine.command(TRIAL.end)
}
