import { readdir, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import type { Channel, ChannelContext } from './channel.ts'
import { Delivery } from './delivery.ts'
import { Followed, type Mark, type Take } from './followed.ts'
import { interval } from './interval.ts'
import type { Plain } from './plain.ts'

export interface FileOptions {
  path: string
  /** Where to begin with a file that is there already and not remembered. Default `end`. One that comes later is read whole. */
  from?: 'beginning' | 'end'
  /** A file where it remembers how far it has read. Without it, each start is the first. */
  state?: string
  /** What becomes of lines that are no JSON. Default `message`. */
  plain?: Plain
  /** Type of events that name none. */
  type?: string
  /** Time between looks: `250ms`, or ms. Default 250 ms. */
  every?: string | number
  /** Bytes that are not journaled yet, beyond which it is not read. Default 4 MB. */
  unjournaled?: number
}

/** A file that was renamed is read on until nothing was new for so many looks: its writer may not know yet. */
const LAST_LOOKS = 20
const SAVE_EVERY = 1_000
/** How long a stop waits for a journal that is stuck, in ms. What was not journaled is read again after the start. */
const STUCK = 2_000

/**
 * Follows a file as `tail -F` does: across renames and truncations, also those while it was not running. Every whole line is
 * taken at least once; its last line waits for its newline. Where it is remembered, only what is journaled counts as read.
 */
export function file(options: FileOptions): Channel {
  return new File(options)
}

class File implements Channel {
  readonly name: string
  readonly address: string
  readonly #options: FileOptions
  readonly #path: string
  readonly #every: number
  #current: Followed | undefined
  /** Renamed, and read to their ends. */
  #former: Followed[] = []
  #delivery!: Delivery
  #log!: ChannelContext['log']
  #saved = ''
  #saving: Promise<void> = Promise.resolve()
  #looking: Promise<void> | undefined
  #stopped = false
  #cancel: (() => void)[] = []

  /** @throws where `every` is no time */
  constructor(options: FileOptions) {
    this.#options = options
    this.#path = resolve(options.path)
    this.name = `file:${this.#path}`
    this.address = this.name
    this.#every = interval(options.every ?? '250ms', 'file({ every })')
  }

  async start({ intake, clock, log }: ChannelContext): Promise<void> {
    const { plain = 'message', type, unjournaled } = this.#options
    const sender = { channel: this.name, address: hostname(), ...(type === undefined ? {} : { type }) }
    this.#delivery = new Delivery(intake, sender, { unjournaled, plain })
    this.#log = log
    await this.#begin()
    const look = (): void => {
      this.#looking ??= this.#look().finally(() => {
        this.#looking = undefined
      })
    }
    this.#cancel = [clock.every(this.#every, look), clock.every(SAVE_EVERY, () => void this.#remember())]
    look()
  }

  async stop(): Promise<void> {
    if (this.#stopped) return
    for (const cancel of this.#cancel.splice(0)) cancel()
    const last = async (): Promise<void> => {
      await this.#looking
      await this.#look()
      await this.#delivery.settled()
    }
    let timer: NodeJS.Timeout | undefined
    const stuck = new Promise<void>(done => {
      timer = setTimeout(done, STUCK)
    })
    await Promise.race([last(), stuck])
    clearTimeout(timer)
    this.#stopped = true
    await this.#remember()
    for (const each of [...this.#former, this.#current]) await each?.close().catch(() => {})
  }

  /** Goes on where it stopped, with files renamed since too. */
  async #begin(): Promise<void> {
    const { from = 'end' } = this.#options
    const marks = await this.#remembered()
    const now = await identify(this.#path)
    for (const mark of marks.filter(each => each.file !== now)) {
      const path = await this.#renamed(mark.file)
      if (path === undefined)
        this.#log(`${this.name}: a file read up to byte ${mark.offset} is gone; the rest of it is lost`)
      else this.#former.push(await Followed.open(path, mark))
    }
    if (now === undefined) {
      await this.#mayCome()
      return
    }
    const mark = marks.find(each => each.file === now)
    // Where it was followed before, another file of its name has come since, so it is new from its beginning.
    this.#current = await Followed.open(this.#path, mark ?? (marks.length > 0 ? 'beginning' : from)).catch(error => {
      throw this.#sentence(error)
    })
  }

  async #mayCome(): Promise<void> {
    try {
      await readdir(dirname(this.#path))
    } catch (error) {
      throw new Error(
        `${this.#path} can not come to be: its folder can not be read (${(error as Error).message}); make it, or give another path, file({ path })`,
      )
    }
    this.#log(`${this.name} is not there yet; it is read from its beginning as soon as it is`)
  }

  #sentence(error: NodeJS.ErrnoException): Error {
    const reason =
      error.code === 'EACCES'
        ? 'this user may not read it: give it the right to, or run as one that has it'
        : error.code === 'EISDIR'
          ? 'it is a folder: name a file in it'
          : error.message
    return new Error(`${this.#path} can not be followed: ${reason}`, { cause: error })
  }

  /** Never rejects. */
  async #look(): Promise<void> {
    const take: Take = lines => this.#delivery.lines(lines)
    const stopped = (): boolean => this.#stopped
    try {
      for (const each of this.#former) {
        await each.read(take, stopped)
        if (each.quiet < LAST_LOOKS || !(await each.finish(take))) continue
        this.#former = this.#former.filter(other => other !== each)
      }
      await this.#current?.read(take, stopped)
      const now = await identify(this.#path)
      if (now === undefined || now === this.#current?.file) return
      const next = await Followed.open(this.#path, 'beginning')
      if (this.#current !== undefined) this.#former.push(this.#current)
      this.#current = next
      await next.read(take, stopped)
    } catch (error) {
      this.#say(this.#sentence(error as Error).message)
    }
  }

  #said = ''
  /** Once, not at every look. */
  #say(message: string): void {
    if (message !== this.#said && !this.#stopped) this.#log(message)
    this.#said = message
  }

  async #remembered(): Promise<Mark[]> {
    const { state } = this.#options
    if (state === undefined) return []
    try {
      const { files } = JSON.parse(await readFile(state, 'utf8')) as { files: Mark[] }
      return files.filter(
        ({ file, offset, head }) =>
          typeof file === 'string' && Number.isSafeInteger(offset) && offset >= 0 && typeof head === 'string',
      )
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
        this.#log(
          `${this.name}: what was remembered in ${state} can not be read (${(error as Error).message}); it starts anew`,
        )
      return []
    }
  }

  /** One after the other. Never rejects. */
  #remember(): Promise<void> {
    this.#saving = this.#saving.then(() => this.#save())
    return this.#saving
  }

  async #save(): Promise<void> {
    const { state } = this.#options
    if (state === undefined) return
    const files = [...this.#former, this.#current].filter(each => each !== undefined).map(each => each.mark)
    const text = `${JSON.stringify({ path: this.#path, files })}\n`
    if (text === this.#saved || files.length === 0) return
    try {
      await writeFile(`${state}.new`, text)
      await rename(`${state}.new`, state)
      this.#saved = text
    } catch (error) {
      this.#say(`${this.name}: can not remember how far it has read in ${state}: ${(error as Error).message}`)
    }
  }

  /** The path a file has now, if it is still beside where it was. */
  async #renamed(file: string): Promise<string | undefined> {
    const folder = dirname(this.#path)
    const stem = basename(this.#path).replace(/\.[^.]*$/, '')
    for (const name of await readdir(folder).catch(() => [])) {
      const path = join(folder, name)
      if (name.startsWith(stem) && (await identify(path)) === file) return path
    }
    return undefined
  }
}

/** Device and inode; undefined where nothing is there. */
async function identify(path: string): Promise<string | undefined> {
  try {
    const { dev, ino } = await stat(path, { bigint: true })
    return `${dev}:${ino}`
  } catch {
    return undefined
  }
}
