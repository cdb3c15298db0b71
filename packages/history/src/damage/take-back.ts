import { link, mkdir, readdir, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type Engine, ONE_PART } from '../engine/engine.ts'
import { settingsClause } from '../engine/settings.ts'
import { syncFolder } from '../lasting.ts'
import { text } from '../literal.ts'
import { DATABASE, TABLE } from '../schema.ts'
import { lacking } from '../whole.ts'
import { wrongIn } from './unreadable.ts'

/** Where a part is looked into. */
const SIDE: string = `${DATABASE}.taken_back`
/** Rows that go in at a time: about as many as a segment holds. */
const ROWS = 50_000

/**
 * Takes a part back that the engine let go of at its start though it is whole: a disk that fails to be read for a moment is
 * enough for that. It is attached to a table beside, and those of its events go in whose seq the table lacks: some may
 * have come again from the journal meanwhile, or been merged. Then its folder goes. A kill at any moment neither loses nor doubles.
 * @param name its folder's name under `detached`
 * @param part its own
 * @param proveInserted throws where the disk did not take what was just inserted
 * @returns how many events it holds; undefined where it is not there any more
 * @throws where it can't be read whole: then it stays where it is
 */
export async function takeBack(
  engine: Engine,
  { name, part }: { name: string; part: string },
  proveInserted: () => Promise<void>,
): Promise<number | undefined> {
  const folder = await detached(engine, name)
  if (folder === undefined) return undefined
  const drop = `DROP TABLE IF EXISTS ${SIDE} SYNC`
  await engine.command(drop)
  await engine.command(`CREATE TABLE ${SIDE} AS ${TABLE}`)
  try {
    const rows = await attach(engine, folder, part)
    for (let at = 0; at < rows; at += ROWS) {
      await engine.command(insertSql(at, at + ROWS))
      await proveInserted()
    }
    await rm(folder, { recursive: true })
    await syncFolder(dirname(folder))
    return rows
  } finally {
    await engine.command(drop)
  }
}

async function detached(engine: Engine, name: string): Promise<string | undefined> {
  const { bytes } = await engine.read(
    `SELECT path FROM system.detached_parts WHERE database = '${DATABASE}' AND table = 'events' AND name = ${text(name)}`,
  )
  return bytes.toString().trimEnd().replace(/\/$/, '') || undefined
}

/** Attaches links to its files, so that it stays where it is. @returns how many rows it has; throws where it is not whole */
async function attach(engine: Engine, folder: string, part: string): Promise<number> {
  const { bytes } = await engine.read(
    `SELECT data_paths[1] FROM system.tables WHERE concat(database, '.', name) = '${SIDE}'`,
  )
  const beside = join(bytes.toString().trimEnd(), 'detached', part)
  await mkdir(beside, { recursive: true })
  for (const file of await readdir(folder)) await link(join(folder, file), join(beside, file))
  await engine.command(`ALTER TABLE ${SIDE} ATTACH PART ${text(part)}`)
  const { bytes: about } = await engine.read(
    `SELECT name, path, toFloat64(bytes_on_disk), rows FROM system.parts WHERE active AND concat(database, '.', table) = '${SIDE}'`,
    { format: 'JSONCompactEachRow' },
  )
  const [name, path, written, rows] = JSON.parse(about.toString()) as [string, string, number, string]
  // Of a column whose file is empty the engine reads zeros, and no error; nor does its check look at each file.
  const wrong = (await lacking(path, written)) ?? (await wrongIn(engine, SIDE, name))
  if (wrong !== undefined) throw new Error(`it is damaged: ${wrong}`)
  return Number(rows)
}

function insertSql(from: number, to: number): string {
  const rows = `${SIDE} WHERE _part_offset >= ${from} AND _part_offset < ${to}`
  const there = `SELECT collector, seq FROM ${TABLE} WHERE seq IN (SELECT seq FROM ${rows})`
  return `INSERT INTO ${TABLE} SELECT * FROM ${rows} AND (collector, seq) NOT IN (${there}) ${settingsClause(ONE_PART)}`
}
