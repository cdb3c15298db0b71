import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * Files of a part that are not in its own list of files, and so neither in its size nor among its checksums: never empty,
 * and how one that is whole looks. (ClickHouse, src/Storages/MergeTree/IMergeTreeDataPart.cpp.)
 */
const UNLISTED: Readonly<Record<string, (bytes: Buffer) => boolean>> = {
  'checksums.txt': wholeBlocks,
  'columns.txt': bytes => lines(bytes, /^(\d+) columns:$/, /^`/),
  'columns_substreams.txt': bytes =>
    lines(bytes, /^(\d+) columns:$/, / substreams for column /) && lines(bytes, /^(\d+) substreams for column /, /^\t/),
  'default_compression_codec.txt': bytes => bytes.toString().trimEnd().endsWith(')'),
  'metadata_version.txt': bytes => /^\d+\s*$/.test(bytes.toString()),
  'txn_version.txt': bytes => bytes.length > 0,
  'uuid.txt': bytes => bytes.length >= 36,
}

/** What a disk left out of a part. */
export interface Lack {
  /** A file that is not whole, by its name, or bytes. */
  readonly what: string
  /** There is something in the file, but not in a form that is known here: another version's, perhaps. */
  readonly unknown: boolean
}

/**
 * What a disk left out of a part that the engine calls done; undefined where nothing is, or the part has been merged. Files
 * in the part's list may be empty by right, such as a path's values of a kind that none has, so of those the sum decides.
 * @param path the part's folder
 * @param written bytes of all files in the part's list, as the engine counted them while it wrote
 */
export async function lacking(path: string, written: number): Promise<Lack | undefined> {
  let found = 0
  let empty: string | undefined
  try {
    for (const name of await readdir(path)) {
      const whole = UNLISTED[name]
      if (whole !== undefined) {
        const bytes = await readFile(join(path, name))
        if (!whole(bytes)) return { what: name, unknown: bytes.length > 0 }
        continue
      }
      const { size } = await stat(join(path, name))
      found += size
      if (size === 0) empty ??= name
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    return undefined
  }
  return found < written ? { what: empty ?? `${written - found} bytes`, unknown: false } : undefined
}

/** Whether as many lines of a kind stand there as the lines above them say, and the last has its end. */
function lines(bytes: Buffer, saying: RegExp, counted: RegExp): boolean {
  const all = bytes.toString().split('\n')
  if (all.pop() !== '') return false
  let said = 0
  for (const line of all) said += Number(saying.exec(line)?.[1] ?? 0)
  return said > 0 && said === all.filter(line => counted.test(line)).length
}

const HEAD = /^checksums format version: \d+\n/
/** Of a compressed block: a checksum, the codec, the size of all but the checksum, the size of what is in it. */
const CHECKSUM = 16
const SIZE_AT = CHECKSUM + 1
const BLOCK_HEAD = CHECKSUM + 9

/** Whether a line and the compressed blocks behind it end where the file does. */
function wholeBlocks(bytes: Buffer): boolean {
  let at = HEAD.exec(bytes.toString('latin1', 0, 100))?.[0].length ?? 0
  if (at === 0 || at === bytes.length) return false
  while (at + BLOCK_HEAD <= bytes.length) at += CHECKSUM + bytes.readUInt32LE(at + SIZE_AT)
  return at === bytes.length
}
