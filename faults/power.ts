import {
  closeSync,
  existsSync,
  ftruncateSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
} from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { type NameNote, type Note, syncedSizes } from './notes.ts'
import type { Random } from './random.ts'

/**
 * Which names a disk may have lost. On a disk `of order` every sync, of whatever file, makes all last that was done to names
 * before, and what is lost was done last (ext4, xfs). On one `of folders` a name lasts only once its own folder was synced,
 * and each folder loses what it likes (POSIX; a rename from one folder to another counts with the latter).
 */
const DISKS = ['order', 'folders'] as const

/**
 * Does to a dead program's data folder what a power cut may do: takes back names that were made, changed or removed and
 * not made to last, and cuts off or zeroes bytes that were written and never synced.
 * @param graves where the preloaded library kept what was removed
 * @returns what was done, a line each
 */
export function cutPower(data: string, graves: string, notes: readonly Note[], random: Random): string[] {
  const disk = random.pick(DISKS)
  const folders = new Folders(data)
  const buried = new Map(files(graves).map(path => [statSync(path).ino, path]))
  const done = [`a disk of ${disk}`]
  for (const note of lostNames(notes, disk, random)) if (undo(note, folders, buried)) done.push(said(note))
  return [...done, ...loseBytes(data, syncedSizes(notes), random)]
}

/** Those that are to be taken back, the last first. */
function lostNames(notes: readonly Note[], disk: (typeof DISKS)[number], random: Random): NameNote[] {
  const key = (folder: number): number => (disk === 'order' ? 0 : folder)
  const lasting = new Map<number, number>()
  for (const note of notes) {
    if (note.kind !== 'sync') continue
    const of = key(note.inode)
    lasting.set(of, Math.max(note.before, lasting.get(of) ?? 0))
  }
  const doubtful = new Map<number, NameNote[]>()
  for (const note of notes) {
    if (!('at' in note) || note.at < (lasting.get(key(note.folder)) ?? 0)) continue
    const some = doubtful.get(key(note.folder))
    if (some === undefined) doubtful.set(key(note.folder), [note])
    else some.push(note)
  }
  const lost = [...doubtful.values()].flatMap(some =>
    some.slice(random.pick([0, some.length, random.int(0, some.length)])),
  )
  return lost.sort((a, b) => b.at - a.at)
}

/** Where folders are, by their inodes, while they are renamed, removed and made again. */
class Folders {
  readonly #root: { inode: number; path: string }
  readonly #all = new Map<number, { folder: number; name: string }>()

  constructor(data: string) {
    const path = dirname(data)
    this.#root = { inode: statSync(path).ino, path }
    this.#add(path, this.#root.inode)
  }

  #add(path: string, inode: number): void {
    for (const entry of readdirSync(path, { withFileTypes: true })) {
      if (!entry.isDirectory()) continue
      const below = join(path, entry.name)
      const own = statSync(below).ino
      this.#all.set(own, { folder: inode, name: entry.name })
      this.#add(below, own)
    }
  }

  /** Undefined where it is no more. */
  path(inode: number): string | undefined {
    if (inode === this.#root.inode) return this.#root.path
    const place = this.#all.get(inode)
    const parent = place && this.path(place.folder)
    return parent && join(parent, place.name)
  }

  set(inode: number, folder: number, name: string): void {
    this.#all.set(inode, { folder, name })
  }

  delete(inode: number): void {
    this.#all.delete(inode)
  }
}

/** @returns whether there was something to take back */
function undo(note: NameNote, folders: Folders, buried: ReadonlyMap<number, string>): boolean {
  const folder = folders.path(note.folder)
  if (folder === undefined || !existsSync(folder)) return false
  const path = join(folder, note.name)
  const known = folders.path(note.inode)
  const there = lstatSync(path, { throwIfNoEntry: false })
  const same = there !== undefined && (there.isDirectory() ? known === path : there.ino === note.inode)
  const grave = buried.get(note.kind === 'rename' ? note.replaced : note.inode)
  switch (note.kind) {
    case 'file':
      if (same) unlinkSync(path)
      return same
    case 'folder':
      if (!same) return false
      rmSync(path, { recursive: true })
      folders.delete(note.inode)
      return true
    case 'unlink':
      if (there !== undefined || grave === undefined) return false
      linkSync(grave, path)
      return true
    case 'rmdir':
      if (there !== undefined) return false
      mkdirSync(path)
      folders.set(note.inode, note.folder, note.name)
      return true
    case 'rename': {
      const from = folders.path(note.from)
      const old = from && join(from, note.old)
      if (!same || old === undefined || !existsSync(dirname(old)) || existsSync(old)) return false
      renameSync(path, old)
      if (there.isDirectory()) folders.set(note.inode, note.from, note.old)
      if (grave !== undefined) linkSync(grave, path)
      return true
    }
  }
}

function said(note: NameNote): string {
  return note.kind === 'rename' ? `no rename of ${note.old} to ${note.name}` : `no ${note.kind} of ${note.name}`
}

/** Cuts off what was written and never synced, all or some of it, or leaves its length, and zeros. */
function loseBytes(data: string, synced: ReadonlyMap<number, number>, random: Random): string[] {
  const done: string[] = []
  for (const path of files(data)) {
    const { ino, size } = statSync(path)
    const least = Math.min(size, synced.get(ino) ?? 0)
    if (least === size) continue
    const kept = random.pick([least, random.int(least, size)])
    const file = openSync(path, 'r+')
    ftruncateSync(file, kept)
    if (random.oneIn(3)) ftruncateSync(file, size)
    closeSync(file)
    done.push(`${size - kept} of ${size} bytes of ${relative(data, path)}`)
  }
  return done
}

/** Every file below a folder. */
export function files(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name))
}
