import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { main } from '../main.ts'

const CONFORMANCE = fileURLToPath(new URL('../../../../conformance/', import.meta.url))
const EVENTS = 'events\n{"type":"gc","ms":12}\n{"type":"gc","ms":30}\n\n'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'check-'))
})
afterEach(async () => {
  vi.restoreAllMocks()
  await rm(folder, { recursive: true, force: true })
})

/** Runs the program with scripts of these texts. @returns what it printed, and its exit code */
async function check(texts: readonly string[], ...flags: string[]): Promise<{ printed: string; code: number }> {
  const files = texts.map((_, i) => join(folder, `${i}.test`))
  await Promise.all(texts.map((text, i) => writeFile(files[i]!, text)))
  return run('check', ...files, ...flags)
}

async function run(...args: string[]): Promise<{ printed: string; code: number }> {
  let printed = ''
  vi.spyOn(process.stdout, 'write').mockImplementation(text => {
    printed += text
    return true
  })
  vi.spyOn(process.stderr, 'write').mockImplementation(() => true)
  process.exitCode = 0
  await main(args)
  const code = Number(process.exitCode)
  process.exitCode = 0
  return { printed, code }
}

test('cases that come out', async () => {
  const { printed, code } = await check([
    `${EVENTS}query count\n* | count()\n----\n[2]\n\nquery slow\nms > 20\n----\n[2]\n`,
  ])
  expect(printed).toBe('2 cases in 1 file: 2 passed, 0 failed\n')
  expect(code).toBe(0)
})

test('a failing case shows its place, its query, what was expected and what was found', async () => {
  const { printed, code } = await check([`${EVENTS}query the slow ones\nms > 10 | count()\n----\n[1]\n`])
  expect(printed).toBe(
    `${join(folder, '0.test')}:5  the slow ones\n  ms > 10 | count()\n  reference: row 0, column count() differs\n  expected [[1]]\n  found    [[2]]\n\n1 case in 1 file: 0 passed, 1 failed\n`,
  )
  expect(code).toBe(1)
})

test('events are shown by their number', async () => {
  const { printed } = await check([`${EVENTS}query all\n*\n----\n[1]\n`])
  expect(printed).toContain('found    [[2],[1]]')
})

test('errors, and scripts that are none', async () => {
  const { printed, code } = await check([
    'error an unknown aggregate\n* | cuont()\n----\n4 did you mean count\n',
    'error wrong\n* | cuont()\n----\n9 nothing\n',
    'quary x\n*\n----\n',
    'query no such thing\n* |\n----\n',
    '',
  ])
  expect(code).toBe(1)
  expect(printed).toContain('the position differs')
  expect(printed).toContain('expected events, query or error')
  expect(printed).toContain('it holds no case')
  expect(printed).toContain('5 cases in 5 files: 1 passed, 4 failed')
})

test('JSON, a line a case', async () => {
  const { printed, code } = await check(
    [`${EVENTS}query a\n* | count()\n----\n[2]\n`, `${EVENTS}query b\n* | sum(ms)\n----\n[41]\n`],
    '--json',
  )
  const lines = printed
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as object)
  expect(lines).toEqual([
    { file: join(folder, '0.test'), line: 5, name: 'a', ok: true },
    expect.objectContaining({ line: 5, ok: false, by: 'reference', expected: [[41]], found: [[42]] }),
  ])
  expect(code).toBe(1)
})

test('bad usage', async () => {
  expect((await run('check')).code).toBe(2)
  expect((await run('check', join(folder, 'no such file'))).code).toBe(2)
})

test('the conformance scripts themselves', async () => {
  const files = (await readdir(CONFORMANCE)).filter(name => name.endsWith('.test')).map(name => join(CONFORMANCE, name))
  const { printed, code } = await run('check', ...files)
  expect(printed).toMatch(/^\d+ cases in \d+ files: \d+ passed, 0 failed\n$/)
  expect(code).toBe(0)
})
