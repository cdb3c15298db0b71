import { mkdir, open, readdir, readFile, rename, rm, stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { type Engine, EngineError } from '../engine/engine.ts'
import { syncFolder } from '../lasting.ts'
import { LINE } from '../latest.ts'
import { text } from '../literal.ts'
import { mend } from '../mend.ts'
import { insertReadSql, STRUCTURE, TABLE } from '../schema.ts'
import { type About, readAbout, timesOf, waitingLines, writeAbout } from './aside.ts'
import { isUnreadable } from './unreadable.ts'

export interface SalvageOptions {
  engine: Engine
  /** This Telltale's name. */
  collector(): string
  /** Where lines wait; a folder for each part. */
  dir: string
  /** About how large a file of lines may be, so that an insert of it has the memory. */
  fileBytes: number
  /** From now on, and until it is told otherwise, all of a part's events are missing from answers. */
  onDetach(about: About): void
  /** Inserts; rejects as well where the disk may not have taken it. */
  proving(insert: () => Promise<void>): Promise<void>
  /** What was received before, in ms, may have been let go of because of its age. */
  keptSince(): number
}

/** Rows read at a time. */
const ROWS = 32_768
/** Rows of a granule, where the part does not say. */
const GRANULE = 8192
/** Seqs that are looked for at a time: more are too long for a statement. */
const AT_ONCE = 10_000
/** Files of lines for which there must be room on the disk. */
const SPARE = 3
/** The files that are read here. Not `additional_info`: it is made anew of `raw`. */
const READ_FILE = /^(time|received_at|collector|seq|type|hostname|md5|tags|raw)(\.[a-z0-9_]+)*\.bin$/

/**
 * Takes a damaged part out of the table without a hand, and leaves in answers what of it can be read. In this order, so that
 * a kill at any moment neither loses nor doubles: the readable events are written beside the table as lines and synced; the
 * part is detached; the lines go in as a segment's do, those left out whose seq the table has; the lines go. A start goes on
 * wherever that was left ({@link resume}).
 */
export class Salvage {
  readonly #options: SalvageOptions
  #stopped = false

  constructor(options: SalvageOptions) {
    this.#options = options
  }

  stop(): void {
    this.#stopped = true
  }

  /**
   * Sets a part aside. @returns undefined where it is not in the table any more
   * @throws where that is not possible now: then the part is where it was, or the next {@link resume} goes on
   */
  async setAside(part: string): Promise<About | undefined> {
    const { dir } = this.#options
    const found = await this.#find(part)
    if (found === undefined) return undefined
    const made = join(dir, `${part}.new`)
    await rm(made, { recursive: true, force: true })
    await mkdir(made, { recursive: true })
    const read = (await this.#isTrue(found)) ? await this.#readOut(part, made) : 0
    const { rows, path, place } = found
    const own = await this.#isOwn(part)
    const about: About = { part, place, rows, read, own, missing: rows - read, ...(await timesOf(path, part)) }
    await writeAbout(made, about)
    await syncFolder(made)
    await rm(join(dir, part), { recursive: true, force: true })
    await rename(made, join(dir, part))
    await syncFolder(dir)
    this.#options.onDetach(about)
    await this.#detach(part)
    await this.#putBack(part)
    return about
  }

  /** Parts that were set aside and are in the table all the same: a power cut may have brought them back. */
  async keepOut(): Promise<void> {
    for (const part of await readdir(this.#options.dir).catch(() => [])) {
      const about = await readAbout(this.#options.dir, part)
      if (about === undefined || part.endsWith('.new') || (await this.#find(part))?.place !== about.place) continue
      this.#options.onDetach(about)
      await this.#detach(part)
    }
  }

  /** Goes on where an earlier life, or a failure, left it. */
  async resume(): Promise<void> {
    await this.keepOut()
    for (const part of await readdir(this.#options.dir).catch(() => []))
      if (part.endsWith('.new')) await rm(join(this.#options.dir, part), { recursive: true, force: true })
      else await this.#putBack(part)
  }

  async #find(part: string): Promise<Found | undefined> {
    const { bytes } = await this.#options.engine.read(
      `SELECT path, part_type, rows FROM system.parts WHERE active AND database = 'telltale' AND table = 'events' AND name = ${text(part)}`,
      { format: 'JSONCompactEachRow' },
    )
    if (bytes.length === 0) return undefined
    const [path, type, rows] = JSON.parse(bytes.toString()) as [string, string, string]
    return { part, path, wide: type === 'Wide', rows: Number(rows), place: path.split('/').slice(-3).join('/') }
  }

  /** Of a wide part's column whose file is empty the engine reads zeros, and no error: such rows are not what was sent. */
  async #isTrue({ part, path, wide }: Found): Promise<boolean> {
    if (!wide) return true
    const { bytes } = await this.#options.engine.read(
      `SELECT toFloat64(sum(column_data_compressed_bytes)) FROM system.parts_columns WHERE active AND database = 'telltale' AND table = 'events' AND name = ${text(part)} AND column != 'additional_info'`,
    )
    let size = 0
    for (const name of await readdir(path)) if (READ_FILE.test(name)) size += (await stat(join(path, name))).size
    return size >= Number(bytes.toString())
  }

  /** Whether surely all of a part's events are this collector's. */
  async #isOwn(part: string): Promise<boolean> {
    try {
      const { bytes } = await this.#options.engine.read(
        `SELECT DISTINCT collector FROM ${TABLE} WHERE _part = ${text(part)} LIMIT 2`,
        { settings: { use_skip_indexes: 0 } },
      )
      return bytes.toString() === `${this.#options.collector()}\n`
    } catch (error) {
      if (error instanceof EngineError && isUnreadable(error.code)) return false
      throw error
    }
  }

  /** Writes what can be read of a part. @returns how many events that is */
  async #readOut(part: string, to: string): Promise<number> {
    const { fileBytes } = this.#options
    let file: Buffer[] = []
    let [size, files, events] = [0, 0, 0]
    const finish = async (): Promise<void> => {
      if (size === 0) return
      const { bavail, bsize } = await statfs(to)
      if (bavail * bsize < SPARE * fileBytes)
        throw new Error(
          `part ${part} of the history is damaged, and the disk has not the room to save what is left of it`,
        )
      await write(join(to, `${files++}.jsonl`), file)
      file = []
      size = 0
    }
    for (const granules of await this.#granules(part))
      for await (const lines of this.#lines(part, granules)) {
        if (size + lines.length > fileBytes) await finish()
        file.push(lines)
        size += lines.length
        for (let at = lines.indexOf(NEWLINE); at >= 0; at = lines.indexOf(NEWLINE, at + 1)) events++
      }
    await finish()
    return events
  }

  /** Where the part's granules begin and end, by rows, so many of them together as are read at a time. */
  async #granules(part: string): Promise<Range[][]> {
    const { engine } = this.#options
    let sizes: number[]
    try {
      const { bytes } = await engine.read(
        `SELECT rows_in_granule FROM mergeTreeIndex('telltale', 'events') WHERE part_name = ${text(part)} ORDER BY mark_number`,
      )
      sizes = bytes.toString().split('\n').filter(Boolean).map(Number)
    } catch (error) {
      if (!(error instanceof EngineError) || !isUnreadable(error.code)) throw error
      const rows = (await this.#find(part))?.rows ?? 0
      sizes = Array.from({ length: Math.ceil(rows / GRANULE) }, () => GRANULE)
    }
    const groups: Range[][] = []
    let [at, began] = [0, Number.NEGATIVE_INFINITY]
    for (const size of sizes) {
      if (at + size - began > ROWS) {
        began = at
        groups.push([])
      }
      groups.at(-1)!.push([at, at + size])
      at += size
    }
    return groups
  }

  /** The lines of some granules: together, where one fails each on its own, where that is too much in halves. */
  async *#lines(part: string, granules: readonly Range[]): AsyncGenerator<Buffer> {
    const [from, to] = [granules[0]![0], granules.at(-1)![1]]
    if (this.#stopped) throw new Error('stopped')
    try {
      const { bytes } = await this.#options.engine.read(
        `SELECT concat(${LINE}) FROM ${TABLE} WHERE _part = ${text(part)} AND _part_offset >= ${from} AND _part_offset < ${to} AND seq > 0`,
        // An index may be what is damaged.
        { settings: { use_skip_indexes: 0 } },
      )
      if (bytes.length > 0) yield bytes
    } catch (error) {
      if (!(error instanceof EngineError)) throw error
      const pieces = granules.length > 1 ? granules : error.large && to - from > 1 ? halves(from, to) : []
      if (pieces.length === 0 && !isUnreadable(error.code)) throw error
      for (const piece of pieces) yield* this.#lines(part, [piece])
    }
  }

  #detach(part: string): Promise<void> {
    return this.#options.engine.command(`ALTER TABLE ${TABLE} DETACH PART ${text(part)}`)
  }

  async #putBack(part: string): Promise<void> {
    const { engine, dir, proving } = this.#options
    for (const file of await waitingLines(dir, part)) {
      const mended = `${file}.mended`
      try {
        await mend(file, mended)
        await proving(() => engine.load({ files: [mended], sql: insertReadSql, structure: STRUCTURE }))
        await this.#proveThere(file)
      } finally {
        await rm(mended, { force: true })
      }
      await rm(file)
    }
  }

  /**
   * The engine takes what it cannot read of a file for its end, and calls the insert done.
   * @throws where the table lacks some of a file's events
   */
  async #proveThere(file: string): Promise<void> {
    const seqs = new Map<string, number[]>()
    for (const line of (await readFile(file, 'utf8')).split('\n').filter(Boolean)) {
      const { collector, seq, received_at } = JSON.parse(line) as {
        collector: string
        seq: number
        received_at: number
      }
      if (received_at < this.#options.keptSince()) continue
      const own = seqs.get(collector) ?? []
      seqs.set(collector, own)
      own.push(seq)
    }
    for (const [collector, all] of seqs)
      for (let at = 0; at < all.length; at += AT_ONCE) {
        const some = new Set(all.slice(at, at + AT_ONCE))
        const { bytes } = await this.#options.engine.read(
          `SELECT uniqExact(seq) FROM ${TABLE} WHERE collector = ${text(collector)} AND seq IN (${[...some].join(', ')})`,
        )
        const lacking = some.size - Number(bytes.toString())
        if (lacking > 0) throw new Error(`${lacking} events of a damaged part did not go in: they are offered again`)
      }
  }
}

interface Found {
  readonly part: string
  readonly path: string
  readonly place: string
  readonly wide: boolean
  readonly rows: number
}

type Range = readonly [from: number, to: number]

function halves(from: number, to: number): Range[] {
  const middle = (from + to) >> 1
  return [
    [from, middle],
    [middle, to],
  ]
}

const NEWLINE = 10

async function write(path: string, pieces: readonly Buffer[]): Promise<void> {
  const file = await open(path, 'w')
  try {
    for (const piece of pieces) await file.writeFile(piece)
    await file.datasync()
  } finally {
    await file.close()
  }
}
