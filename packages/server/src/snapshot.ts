import { createHash } from 'node:crypto'
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { SavedQuery } from '@telltale/standing'

/** Rises whenever what a query holds is written differently. */
const VERSION = 4

interface Head {
  readonly telltale: 'standing'
  readonly version: number
  /** Whose seqs it speaks of. */
  readonly collector: string
}

/** The last line: what tells a whole file from a damaged one. */
interface End {
  readonly queries: number
  /** Of all bytes before. */
  readonly sha256: string
}

/**
 * Writes a file of JSON lines, a query a line, each as it is when it is its turn. The file is replaced once all of it is
 * on disk, so that at any moment there is the old one or the new one.
 * @param lines each a {@link SavedQuery} as JSON
 */
export async function writeSnapshot(path: string, collector: string, lines: AsyncIterable<string>): Promise<void> {
  const folder = dirname(path)
  await mkdir(folder, { recursive: true })
  const passing = `${path}.new`
  const file = await open(passing, 'w')
  try {
    const hash = createHash('sha256')
    let queries = 0
    const write = async (line: string): Promise<void> => {
      hash.update(line).update('\n')
      await file.appendFile(`${line}\n`)
    }
    const head: Head = { telltale: 'standing', version: VERSION, collector }
    await write(JSON.stringify(head))
    for await (const line of lines) {
      await write(line)
      queries++
    }
    const end: End = { queries, sha256: hash.digest('hex') }
    await file.appendFile(JSON.stringify(end))
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(passing, path)
  const parent = await open(folder, 'r')
  try {
    await parent.sync()
  } finally {
    await parent.close()
  }
}

/**
 * What stood; nothing where there is no file.
 * @param ours whose seqs are counted now
 * @param lastSeq up to which there are events: a power cut may have taken some that a snapshot knows
 * @throws an Error saying why it cannot be used
 */
export async function readSnapshot(path: string, ours: string, lastSeq: number): Promise<SavedQuery[]> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
  })
  if (text === undefined) return []
  const lines = text.split('\n')
  const { telltale, version, collector } = parsed<Head>(lines[0]!)
  if (telltale !== 'standing') throw new Error('it is no snapshot of what stood')
  if (version !== VERSION) throw new Error(`it is of version ${version}, this program reads version ${VERSION}`)
  const last = lines.pop()!
  const { queries: count, sha256 } = parsed<End>(last)
  const hash = createHash('sha256').update(text.slice(0, text.length - last.length))
  if (count !== lines.length - 1 || sha256 !== hash.digest('hex'))
    throw new Error('it is damaged: its checksum is another')
  const queries = lines.slice(1).map(line => parsed<SavedQuery>(line))
  if (queries.length === 0) return []
  if (collector !== ours) throw new Error(`it is of collector ${collector}, this is ${ours}`)
  const known = Math.max(...queries.map(({ after }) => after))
  if (known > lastSeq) throw new Error(`it knows events up to seq ${known}, the journal up to ${lastSeq}`)
  return queries
}

/** Moves a snapshot that cannot be used out of the way, for a person to look at. Only the latest is kept. */
export async function setAside(path: string): Promise<string> {
  const aside = join(dirname(path), 'set-aside.jsonl')
  await rm(aside, { force: true })
  await rename(path, aside)
  return aside
}

function parsed<T>(line: string): T {
  try {
    return JSON.parse(line) as T
  } catch {
    throw new Error(`it is damaged: "${line.slice(0, 40)}" is not JSON`)
  }
}
