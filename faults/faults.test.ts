import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { BROKEN, copyBuild } from './build.ts'

const keep = mkdtempSync(join(tmpdir(), 'telltale-faults-kept-'))
afterAll(() => rmSync(keep, { recursive: true, force: true }))

/** A short campaign, as `npm run test:faults` runs it. */
function campaign(...args: string[]): { status: number | null; said: string } {
  const run = join(import.meta.dirname, 'run.mjs')
  const { status, stdout, stderr } = spawnSync(process.execPath, [run, '--built', '--keep', keep, ...args], {
    encoding: 'utf8',
  })
  return { status, said: stdout + stderr }
}

test('killed, stopped and starved of its disk, it keeps every acknowledged event exactly once, intact (Vector, Antithesis suite)', () => {
  const { status, said } = campaign('--rounds', '5', '--seed', '4', '--log', '')
  expect(status, said).toBe(0)
  expect(said).toMatch(/round 5: [1-9][\d,]* events acknowledged/)
}, 300_000)

test('the oracle notices a journal that acknowledges before it has written', () => {
  const { status, said } = campaign('--rounds', '20', '--seed', '1', '--only', 'kill', '--broken', 'journal')
  expect(status, said).toBe(1)
  expect(said).toMatch(/lost [1-9]/)
}, 300_000)

test.each(BROKEN)('there still is what --broken %s breaks', async broken => {
  const root = join(import.meta.dirname, '..')
  expect(await copyBuild(root, join(keep, broken), broken)).toMatch(/telltale\.js$/)
})
