import { access, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Engine } from '../engine/engine.ts'
import { COVERED, DROPPED, partNamed, rowsOf } from '../engine/part.ts'
import { text } from '../literal.ts'
import { TABLE } from '../schema.ts'

/** A part of the table that was set aside because it could not be read. It lies under `detached` until a person removes it. */
export interface Aside {
  /** Its folder's name. */
  readonly name: string
  /** The engine let go of it at its start, for what it found, or failed to read, of its files. */
  readonly letGo: boolean
  readonly part: string
  /** How many events of it are missing from answers, at most; undefined where nobody knows. */
  readonly missing: number | undefined
  /** Times of its events, in ms, the first and one past the last. */
  readonly from: number
  readonly to: number
}

/** What is kept of a part that was set aside, in `about.json` beside the lines of it that are still to go in again. */
export interface About {
  readonly part: string
  /** Its folder, from the table's on: tells it from another part of that name. */
  readonly place: string
  readonly rows: number
  /** Of those, how many could be read. */
  readonly read: number
  /** Surely all of them are this collector's. */
  readonly own: boolean
  /** Of those that could not be read, how many may not have come again from elsewhere. */
  readonly missing: number
  readonly from: number
  readonly to: number
}

const DAY = 86_400_000
/** How many there were cannot be read any more; {@link recount} says how many the table lacks. */
const UNKNOWN = Number.MAX_SAFE_INTEGER

/** How many events a part was to hold whose own files may not say so any more. */
type EventsOf = (part: string) => number | undefined

/** What lies under `detached`, of the table of events. */
export async function setAside(engine: Engine, salvage: string, eventsOf: EventsOf): Promise<Aside[]> {
  const { bytes } = await engine.read(
    `SELECT name, path FROM system.detached_parts WHERE database = 'telltale' AND table = 'events' LIMIT 1000`,
    { format: 'JSONCompactEachRow' },
  )
  const found = bytes.toString().split('\n').filter(Boolean)
  const all: Aside[] = []
  const known = new Set<string>()
  for (const line of found) {
    const [name, path] = JSON.parse(line) as [string, string]
    if (name.startsWith(COVERED) || (await isDropped(path))) continue
    const part = partNamed(name)?.name ?? name
    // A kill while it was set aside may have left it there twice.
    if (known.has(part)) continue
    known.add(part)
    const about = (await readAbout(salvage, part)) ?? (await letGo(engine, salvage, { part, name, path }, eventsOf))
    const waiting = about === undefined ? 0 : (await waitingLines(salvage, part)).length
    const most = waiting > 0 ? about?.rows : about?.missing
    const missing = most === UNKNOWN ? undefined : most
    const { from, to } = about ?? (await timesOf(path, name))
    all.push({ name, part, letGo: about?.place === placeOf(name), missing, from, to })
  }
  await forget(salvage, known)
  return all
}

/**
 * About a part that the engine itself let go of at its start. What was merged into it may be there again, under numbers within
 * its own, and then nothing is missing; as much as that is noted now, before it is merged with more.
 */
async function letGo(
  engine: Engine,
  salvage: string,
  { part, name, path }: { part: string; name: string; path: string },
  eventsOf: EventsOf,
): Promise<About | undefined> {
  const named = partNamed(name)
  const rows = (await rowsOf(path).catch(() => undefined)) ?? eventsOf(part) ?? UNKNOWN
  if (named === undefined) return undefined
  const { bytes } = await engine.read(
    `SELECT sum(rows) FROM system.parts WHERE active AND database = 'telltale' AND table = 'events' AND partition_id = ${text(named.day)} AND min_block_number >= ${named.first} AND max_block_number <= ${named.last}`,
  )
  const missing = rows === UNKNOWN ? UNKNOWN : Math.max(0, rows - Number(bytes.toString()))
  const { bytes: collectors } = await engine.read(`SELECT DISTINCT collector FROM ${TABLE} LIMIT 2`)
  const own = collectors.toString().split('\n').filter(Boolean).length < 2
  const folder = join(salvage, part)
  // Never the place of a part in the table: another may get its name.
  const about = { part, place: placeOf(name), rows, read: 0, own, missing, ...(await timesOf(path, name)) }
  await mkdir(folder, { recursive: true })
  await writeAbout(folder, about)
  return about
}

/** Its events were offered again; the next start of the engine removes it. */
function isDropped(path: string): Promise<boolean> {
  return access(join(path, DROPPED)).then(
    () => true,
    () => false,
  )
}

function placeOf(name: string): string {
  return `detached/${name}`
}

export async function readAbout(salvage: string, part: string): Promise<About | undefined> {
  try {
    return JSON.parse(await readFile(join(salvage, part, 'about.json'), 'utf8')) as About
  } catch {
    return undefined
  }
}

/** What was there stays until all of the new is on disk. */
export async function writeAbout(folder: string, about: About): Promise<void> {
  await writeFile(join(folder, 'about.json.new'), JSON.stringify(about), { flush: true })
  await rename(join(folder, 'about.json.new'), join(folder, 'about.json'))
}

/**
 * Of events that could not be read, some or all may have come again from the journal. Every seq of this collector up to the
 * mark was given to one event, so no more are missing than the table lacks.
 * @param absent how many of those it lacks that were in no part
 */
export async function recount(
  engine: Engine,
  salvage: string,
  collector: string,
  mark: number,
  absent: number,
): Promise<void> {
  const open: About[] = []
  for (const part of await readdir(salvage).catch(() => [])) {
    const about = part.endsWith('.new') ? undefined : await readAbout(salvage, part)
    if (about?.own === true && about.missing > 0 && (await waitingLines(salvage, part)).length === 0) open.push(about)
  }
  if (open.length === 0) return
  const { bytes } = await engine.read(
    `SELECT count() FROM ${TABLE} WHERE collector = ${text(collector)} AND seq BETWEEN 1 AND ${mark}`,
  )
  const lacking = Math.max(0, mark - Number(bytes.toString()) - absent)
  for (const about of open)
    if (lacking < about.missing) await writeAbout(join(salvage, about.part), { ...about, missing: lacking })
}

/** Files with lines of a part that are still to go in again. */
export async function waitingLines(salvage: string, part: string): Promise<string[]> {
  const names = await readdir(join(salvage, part)).catch(() => [])
  return names.filter(name => name.endsWith('.jsonl')).map(name => join(salvage, part, name))
}

/** A part that a person has removed is nothing to speak of any more. */
async function forget(salvage: string, known: ReadonlySet<string>): Promise<void> {
  for (const part of await readdir(salvage).catch(() => []))
    if (!known.has(part) && !part.endsWith('.new') && (await waitingLines(salvage, part)).length === 0)
      await rm(join(salvage, part), { recursive: true, force: true })
}

/** As the part's own index says, if that can be true; else the day it is of. */
export async function timesOf(path: string, name: string): Promise<{ from: number; to: number }> {
  const day = Date.parse(partNamed(name)?.day.replace(/(....)(..)(..)/, '$1-$2-$3') ?? '')
  if (Number.isNaN(day)) return { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY }
  const index = await readFile(join(path, 'minmax_time.idx')).catch(() => Buffer.alloc(0))
  if (index.length === 16) {
    const from = Math.floor(Number(index.readBigInt64LE(0)) / 1000)
    const to = Math.floor(Number(index.readBigInt64LE(8)) / 1000) + 1
    if (from >= day && from < to && to <= day + DAY) return { from, to }
  }
  return { from: day, to: day + DAY }
}
