import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ask, count, folder, type Program, send, start, telltale } from './program.ts'

const BIN = join(import.meta.dirname, '../packages/telltale/bin/telltale.js')
let program: Program

beforeAll(async () => {
  program = await start()
  const lines = Array.from({ length: 20_000 }, (_, n) => `{"type":"many","n":${n},"text":"${'x'.repeat(50)}"}\n`)
  expect(await send(program, lines.join(''))).toMatchObject({ accepted: lines.length })
}, 60_000)

afterAll(async () => {
  await program.stop()
})

/** A command whose output goes to one that reads a line and leaves. */
function firstLine(args: string): { first: string; code: number; said: string } {
  const line = `"${process.execPath}" "${BIN}" ${args} --url ${program.url} | head -1; exit \${PIPESTATUS[0]}`
  const { stdout, stderr, status } = spawnSync('bash', ['-c', line], { encoding: 'utf8', timeout: 20_000 })
  return { first: stdout, code: status!, said: stderr }
}

test.each([
  ["export 'type = many'"],
  ["query 'type = many | limit 20000'"],
  ["query 'type = many | limit 20000' --json"],
  ["tail 'type = many' --from -1h"],
  ["tail 'type = many' --from -1h --json"],
])('%s | head -1 ends quietly', args => {
  const { first, code, said } = firstLine(args)
  expect(first.split('\n').length).toBe(2)
  expect([said, code]).toEqual(['', 0])
})

test('query says that its answer may be cut, where nobody named a limit', async () => {
  const said =
    'telltale: not covered: there may be more than these 10000 rows; sort in the query to choose which, or name a limit\n'
  for (const json of [[], ['--json']]) {
    const asked = ['query', 'type = many | count() by n', '--url', program.url, ...json]
    const cut = await telltale(asked)
    expect([cut.stderr, cut.code, cut.stdout.split('\n').length]).toEqual([said, 0, json.length > 0 ? 10_001 : 10_002])
    expect((await telltale([...asked, '--limit', '10000'])).stderr).toBe('')
  }
})

test('a rate is over the time up to now where only its beginning is said', async () => {
  const { rows } = await ask(program, 'type = many | rate(1h)', { from: '-2h' })
  expect(Number(rows[0]![0])).toBeCloseTo(10_000, 0)
  expect((await ask(program, 'type = many | rate(1h)')).rows).toEqual([[null]])
  const page = await ask(program, 'type = many | rate(1h) by type', { from: Date.now() - 3600_000 })
  expect(Number(page.rows[0]![1])).toBeGreaterThan(19_000)
})

test('demo --json | head -1 ends quietly', () => {
  const line = `"${process.execPath}" "${BIN}" demo --json --duration 1h --backfill 1h | head -1; exit \${PIPESTATUS[0]}`
  const { stdout, stderr, status } = spawnSync('bash', ['-c', line], { encoding: 'utf8', timeout: 20_000 })
  expect(JSON.parse(stdout)).toMatchObject({ type: expect.any(String) })
  expect([stderr, status]).toEqual(['', 0])
})

test('start --help ends quietly where nobody reads it; what was started goes on', async () => {
  const line = `"${process.execPath}" "${BIN}" start --help | true; exit \${PIPESTATUS[0]}`
  const { stderr, status } = spawnSync('bash', ['-c', line], { encoding: 'utf8', timeout: 20_000 })
  expect([stderr, status]).toEqual(['', 0])
  const config = join(folder(), 'telltale.config.mjs')
  writeFileSync(
    config,
    'export default { process: { heard() { process.stdout.write("x\\n"); console.log("y") } }, canary: false }',
  )
  const deaf = await start({ args: ['--config', config] })
  deaf.process.stdout!.destroy()
  for (let i = 1; i < 4; i++) {
    expect(await send(deaf, '{"type":"heard"}')).toMatchObject({ accepted: 1 })
    expect(await count(deaf, 'type = heard')).toBe(i)
  }
  expect(await count(deaf, 'type = processor_failed')).toBe(0)
  expect(await deaf.stop()).toBe(0)
})

test('a full disk is told in a sentence', () => {
  const line = `"${process.execPath}" "${BIN}" version > /dev/full`
  const { stderr, status } = spawnSync('bash', ['-c', line], { encoding: 'utf8' })
  expect(stderr).toMatch(/^telltale: what it prints cannot be written: ENOSPC.*\n$/)
  expect(status).toBe(1)
})

test('export prints JSON with and without being told to, and no more than the query asks for', async () => {
  const exported = (...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> =>
    telltale(['export', '--url', program.url, ...args])
  const three = await exported('type = many | limit 3')
  expect(
    three.stdout
      .trim()
      .split('\n')
      .map(line => JSON.parse(line).additional_info.n),
  ).toEqual([19_999, 19_998, 19_997])
  expect(await exported('type = many | limit 3', '--json')).toEqual(three)
  const paged = await exported('type = many | limit 15000')
  expect(paged.stdout.trim().split('\n').length).toBe(15_000)
  expect(await exported('type = many | sort n')).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringContaining('sorted events cannot be paged'),
  })
  expect((await exported('type = many | sort n | limit 2')).stdout).toContain('"n":1,')
})

test('send refuses broken JSON as every channel does, and goes on behind it', async () => {
  const sent = async (input: string): Promise<object> => {
    const args = ['send', '--url', program.url, '--type', 'sent', '--json']
    const { code, stdout } = await telltale(args, input)
    return { code, ...JSON.parse(stdout) }
  }
  expect(await sent('{"type":"a","a":}\n')).toEqual({ code: 1, sent: 1, accepted: 0, rejected: 1 })
  expect(await sent('{"n":1}\n{"a":}\n"quoted"\n')).toEqual({ code: 1, sent: 3, accepted: 2, rejected: 1 })
  expect((await ask(program, 'type = sent | count() by message')).rows).toEqual([
    ['quoted', 1],
    [null, 1],
  ])
})
