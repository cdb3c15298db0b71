import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ask, count, folder, type Program, start, telltale } from './program.ts'

const DATA = join(import.meta.dirname, '../../shared/data')
const there = existsSync(DATA)
let program: Program

beforeAll(async () => {
  program = await start()
}, 60_000)

afterAll(async () => {
  await program.stop()
})

async function sendFile(text: Buffer, type: string): Promise<{ sent: number; accepted: number; rejected: number }> {
  const file = join(folder(), 'input.log')
  writeFileSync(file, text)
  const { code, stdout, stderr } = await telltale(['send', '--url', program.url, '--type', type, '--json', file])
  expect(stderr).toBe('')
  expect(code).toBe(0)
  return JSON.parse(stdout)
}

const linesOf = (text: Buffer): string[] =>
  text
    .toString('utf8')
    .split('\n')
    .filter(line => line.trim() !== '')

describe.skipIf(!there)(`real logs (${there ? 'here' : `skipped: ${DATA} is not there`})`, () => {
  test('10,000 lines of an access log', async () => {
    const folderOf = join(DATA, 'access-log')
    const name = readdirSync(folderOf).find(file => file.endsWith('.log.gz'))!
    const text = gunzipSync(readFileSync(join(folderOf, name)))
    const lines = linesOf(text)
    expect(await sendFile(text, 'access')).toEqual({ sent: lines.length, accepted: lines.length, rejected: 0 })
    expect(await count(program, 'type = access')).toBe(lines.length)
    const missing = lines.filter(line => / 404 /.test(line.replace(/"[^"]*"/g, ''))).length
    expect(await count(program, 'type = access and status = 404')).toBe(missing)
    const bytes = lines.reduce((sum, line) => sum + Number(/" \d{3} (\d+)/.exec(line)?.[1] ?? 0), 0)
    expect((await ask(program, 'type = access | sum(bytes)')).rows).toEqual([[bytes]])
  })

  const systems = there
    ? readdirSync(join(DATA, 'loghub-2k'), { withFileTypes: true }).filter(entry => entry.isDirectory())
    : []
  test.each(systems.map(entry => entry.name))('2,000 lines of %s', async system => {
    const name = readdirSync(join(DATA, 'loghub-2k', system)).find(file => /_2k\.log(\.gz)?$/.test(file))!
    const raw = readFileSync(join(DATA, 'loghub-2k', system, name))
    const text = name.endsWith('.gz') ? gunzipSync(raw) : raw
    const lines = linesOf(text)
    const type = `log_${system.toLowerCase()}`
    expect(await sendFile(text, type)).toEqual({ sent: lines.length, accepted: lines.length, rejected: 0 })
    expect(await count(program, `type = ${type}`)).toBe(lines.length)
    const { rows } = await ask(program, `type = ${type} | limit 5000`)
    const back = rows.map(([event]) => (event as { additional_info: { message: string } }).additional_info.message)
    expect(back.sort()).toEqual(lines.map(line => line.replace(/\r$/, '')).sort())
  })
})

test("this machine's own log, where there is one", async context => {
  const journal = spawnSync('journalctl', ['-o', 'json', '-n', '500', '--no-pager'], { encoding: 'utf8' })
  const syslog = ['/var/log/syslog', '/var/log/messages', '/var/log/dpkg.log'].find(existsSync)
  const text =
    journal.status === 0 && journal.stdout.trim().startsWith('{')
      ? journal.stdout
      : syslog && readFileSync(syslog, 'utf8')
  if (!text) return context.skip('no systemd journal, no /var/log/syslog, /var/log/messages or /var/log/dpkg.log here')
  const lines = linesOf(Buffer.from(text)).slice(-500)
  const outcome = await sendFile(Buffer.from(lines.join('\n')), 'syslog')
  expect(outcome).toEqual({ sent: lines.length, accepted: lines.length, rejected: 0 })
  expect(await count(program, 'type = syslog')).toBe(lines.length)
})

test('lines from a pipe arrive while it is open', async () => {
  const { stdout } = await telltale(
    ['send', '--url', program.url, '--type', 'piped', '--json'],
    'one\n{"type":"own","a":1}\n\nthree',
  )
  expect(JSON.parse(stdout)).toEqual({ sent: 3, accepted: 3, rejected: 0 })
  expect(await count(program, 'type = piped')).toBe(2)
  const { stdout: table } = await telltale(['query', '--url', program.url, 'type = piped | count()', '--json'])
  expect(JSON.parse(table)).toEqual({ 'count()': 2 })
  expect((await telltale(['query', '--url', program.url, 'type = |'])).code).toBe(1)
  expect((await telltale(['query'])).code).toBe(2)
  expect((await telltale(['nonsense'])).code).toBe(2)
})
