import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { tables } from './aim.ts'
import type { Random } from './random.ts'

/** A part of the table of events: day, first and last block, level. */
const PART = /^(\d{8})_(\d+)_(\d+)_\d+$/

/**
 * Changes one bit of a column of the history, as a failing disk does, while the engine is dead. Mostly in the newest part:
 * its segment may still be in the journal.
 * @returns what was done; undefined where there is no part yet
 */
export function rotPart(data: string, random: Random): string | undefined {
  const folders = tables(data).flatMap(table => current(table).map(name => join(table, name)))
  const parts = folders.filter(folder => columns(folder).length > 0)
  if (parts.length === 0) return undefined
  parts.sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs)
  const folder = random.oneIn(3) ? random.pick(parts) : parts[0]!
  const file = join(folder, random.pick(columns(folder)))
  const bytes = readFileSync(file)
  const at = random.int(0, bytes.length - 1)
  bytes.writeUInt8(bytes[at]! ^ (1 << random.int(0, 7)), at)
  writeFileSync(file, bytes)
  return `byte ${at} of ${file}`
}

/** Parts that were not merged into others. */
function current(table: string): string[] {
  const parts = readdirSync(table).flatMap(name => {
    const [, day, first, last] = PART.exec(name) ?? []
    return day === undefined ? [] : [{ name, day, first: Number(first), last: Number(last) }]
  })
  const covers = (a: (typeof parts)[number], b: (typeof parts)[number]): boolean =>
    a.day === b.day &&
    a.first <= b.first &&
    a.last >= b.last &&
    (a.last - a.first > b.last - b.first || a.name > b.name)
  return parts.filter(part => !parts.some(other => other !== part && covers(other, part))).map(({ name }) => name)
}

function columns(folder: string): string[] {
  return readdirSync(folder).filter(name => name.endsWith('.bin') && statSync(join(folder, name)).size > 0)
}
