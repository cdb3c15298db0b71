import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { cutPower, files } from './power.ts'
import { Random } from './random.ts'
import { Shim } from './shim.ts'

/** Without a C compiler there is no library. */
const withCompiler = test.skipIf(spawnSync('cc', ['--version']).status !== 0)

let folder: string
let data: string
let shim: Shim | undefined
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'power-'))
  data = join(folder, 'disk/data')
  mkdirSync(data, { recursive: true })
  shim = Shim.make(folder, join(folder, 'disk'))
  shim?.disk(join(folder, 'disk'), true)
})
afterEach(() => {
  shim?.close()
  rmSync(folder, { recursive: true, force: true })
})

/** Loses all it may, on a disk of that kind. */
class Worst extends Random {
  readonly #disk: string

  constructor(disk: string) {
    super(1)
    this.#disk = disk
  }

  override pick<T>(list: readonly T[]): T {
    return list.find(one => one === this.#disk) ?? list[0]!
  }

  override oneIn(): boolean {
    return false
  }
}

const WORDS = `
const fs = require('node:fs')
const sync = path => { const fd = fs.openSync(path, 'r'); fs.fsyncSync(fd); fs.closeSync(fd) }
const write = (path, text) => fs.writeFileSync(path, text, { flush: true })
`

/** A program does that to the data folder beneath the library, and power is cut. @returns the files left, with what they hold */
function after(disk: 'order' | 'folders', program: string): Record<string, string> {
  execFileSync(process.execPath, ['-e', WORDS + program], { cwd: data, env: { ...process.env, ...shim!.env } })
  cutPower(data, shim!.graves, shim!.notes(), new Worst(disk))
  return Object.fromEntries(files(data).map(path => [relative(data, path), readFileSync(path, 'utf8')]))
}

withCompiler.each([
  [
    'a file whose folder was synced stays, with what of it was synced',
    `write('a', 'abc'); sync('.'); fs.appendFileSync('a', 'd')`,
    { a: 'abc' },
  ],
  ['a new file has no name, though it was synced itself', `write('a', 'abc')`, {}],
  [
    'a rename is undone, and what it replaced is back',
    `write('a', 'old'); write('b', 'new'); sync('.'); fs.renameSync('b', 'a')`,
    { a: 'old', b: 'new' },
  ],
  ['a removed file is back', `write('a', 'abc'); sync('.'); fs.unlinkSync('a')`, { a: 'abc' }],
  [
    'a removed file is gone once its folder was synced',
    `write('a', 'abc'); sync('.'); fs.unlinkSync('a'); sync('.')`,
    {},
  ],
  [
    'a removed folder is back with its files',
    `fs.mkdirSync('d'); write('d/a', 'abc'); sync('d'); sync('.'); fs.rmSync('d', { recursive: true })`,
    { 'd/a': 'abc' },
  ],
  [
    'a renamed folder has its old name, and its files',
    `fs.mkdirSync('d'); sync('.'); write('d/a', 'abc'); sync('d'); fs.renameSync('d', 'e')`,
    { 'd/a': 'abc' },
  ],
  ['a new folder goes with all that is in it', `fs.mkdirSync('d'); write('d/a', 'abc'); sync('d')`, {}],
  ['a hard link goes', `write('a', 'abc'); sync('.'); fs.linkSync('a', 'b')`, { a: 'abc' }],
  [
    'a file cut to nothing and written again holds what was synced since',
    `write('a', 'abc'); sync('.'); fs.writeFileSync('a', 'x')`,
    { a: '' },
  ],
])('on a disk of folders: %s', (_, program, left) => {
  expect(after('folders', program)).toEqual(left)
})

withCompiler(
  'on a disk of order a sync of any file makes last what was done to names before, and nothing after',
  () => {
    expect(
      after(
        'order',
        `write('a', '1'); write('b', '2'); fs.renameSync('a', 'c'); write('b', '3'); fs.renameSync('b', 'd')`,
      ),
    ).toEqual({
      b: '3',
      c: '1',
    })
  },
)
