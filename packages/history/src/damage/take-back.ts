import { link, mkdir, readdir, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type Engine, ONE_PART } from '../engine/engine.ts'
import { settingsClause } from '../engine/settings.ts'
import { syncFolder } from '../lasting.ts'
import { text } from '../literal.ts'
import { DATABASE, TABLE } from '../schema.ts'
import { lacking } from '../whole.ts'
import { wrongIn } from './unreadable.ts'

/** Where parts are looked into. */
const SIDE: string = `${DATABASE}.taken_back`
/** Rows that go in at a time: about as many as a segment holds. */
const ROWS = 50_000

/** A part that the engine let go of: its own name, and its folder's under `detached`. */
export interface LetGo {
  readonly part: string
  readonly name: string
}

/**
 * Takes parts back that the engine let go of at its start though they are whole: a disk that fails to be read for a moment
 * is enough for that. They are attached to a table beside, and those of their events go in whose seq the table lacks: some
 * may have come again from the journal meanwhile, or been merged. Then their folders go. A kill at any moment neither loses
 * nor doubles.
 * @param proving inserts; rejects as well where the disk may not have taken it
 * @returns how many events they hold
 * @throws where one of them can't be read whole: then all stay where they are
 */
export async function takeBack(
  engine: Engine,
  parts: readonly LetGo[],
  proving: (insert: () => Promise<void>) => Promise<void>,
): Promise<number> {
  const drop = `DROP TABLE IF EXISTS ${SIDE} SYNC`
  await engine.command(drop)
  await engine.command(`CREATE TABLE ${SIDE} AS ${TABLE}`)
  try {
    await engine.command(`SYSTEM STOP MERGES ${SIDE}`)
    const folders = await attach(engine, parts)
    const events = await whole(engine)
    for (const slice of await slices(engine)) {
      await proving(() => engine.command(insertSql(slice)))
      await proveThere(engine, slice)
    }
    for (const folder of folders) await rm(folder, { recursive: true })
    for (const dir of new Set(folders.map(dirname))) await syncFolder(dir)
    return events
  } finally {
    await engine.command(drop)
  }
}

/** Attaches links to the parts' files, so that they stay where they are. @returns their folders */
async function attach(engine: Engine, parts: readonly LetGo[]): Promise<string[]> {
  const names = parts.map(({ name }) => text(name)).join(', ')
  const { bytes } = await engine.read(
    `SELECT path, (SELECT data_paths[1] FROM system.tables WHERE concat(database, '.', name) = '${SIDE}') FROM system.detached_parts WHERE database = '${DATABASE}' AND table = 'events' AND name IN (${names})`,
    { format: 'JSONCompactEachRow' },
  )
  const found = new Map<string, string>()
  for (const line of bytes.toString().split('\n').filter(Boolean)) {
    const [path, side] = JSON.parse(line) as [string, string]
    const folder = path.replace(/\/$/, '')
    const { part } = parts.find(({ name }) => folder.endsWith(`/${name}`))!
    const beside = join(side, 'detached', part)
    await mkdir(beside, { recursive: true })
    for (const file of await readdir(folder)) await link(join(folder, file), join(beside, file))
    found.set(part, folder)
  }
  const each = [...found.keys()].map(part => `ATTACH PART ${text(part)}`)
  if (each.length > 0) await engine.command(`ALTER TABLE ${SIDE} ${each.join(', ')}`)
  return [...found.values()]
}

/** Throws where a part of the table beside is not whole. @returns how many events they hold */
async function whole(engine: Engine): Promise<number> {
  const { bytes } = await engine.read(
    `SELECT name, path, toFloat64(bytes_on_disk), toFloat64(rows) FROM system.parts WHERE active AND concat(database, '.', table) = '${SIDE}'`,
    { format: 'JSONCompactEachRow' },
  )
  let events = 0
  for (const line of bytes.toString().split('\n').filter(Boolean)) {
    const [name, path, written, rows] = JSON.parse(line) as [string, string, number, number]
    // Of a column whose file is empty the engine reads zeros, and no error; nor does its check look at each file.
    const wrong = (await lacking(path, written))?.what ?? (await wrongIn(engine, SIDE, name))
    if (wrong !== undefined) throw new Error(`it is damaged: ${wrong}`)
    events += rows
  }
  return events
}

/** Conditions, each of which holds for so many rows or a few more, and one for every row whatever part it is in. */
async function slices(engine: Engine): Promise<string[]> {
  const { bytes } = await engine.read(
    `SELECT min(seq) AS first FROM (SELECT seq, intDiv(rowNumberInAllBlocks(), ${ROWS}) AS slice FROM (SELECT seq FROM ${SIDE} ORDER BY seq)) GROUP BY slice ORDER BY first`,
  )
  const firsts = bytes.toString().split('\n').filter(Boolean)
  return firsts.map((first, i) => `seq >= ${first}${i + 1 < firsts.length ? ` AND seq < ${firsts[i + 1]}` : ''}`)
}

/** Of a slice's events, those that the table lacks. */
function missing(slice: string): string {
  return `FROM ${SIDE} WHERE ${slice} AND (collector, seq) NOT IN (SELECT collector, seq FROM ${TABLE} WHERE ${slice})`
}

/** Of a merged part and one that was merged into it the same events come. */
function insertSql(slice: string): string {
  return `INSERT INTO ${TABLE} SELECT * ${missing(slice)} LIMIT 1 BY collector, seq ${settingsClause(ONE_PART)}`
}

/** Nothing goes before all of it is there. */
async function proveThere(engine: Engine, slice: string): Promise<void> {
  const { bytes } = await engine.read(`SELECT count() ${missing(slice)}`)
  const count = Number(bytes.toString())
  if (count > 0) throw new Error(`${count} of its events did not go in`)
}
