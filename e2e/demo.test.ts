import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ask, eventually, type Program, start, telltale } from './program.ts'

const CONFIG = join(import.meta.dirname, '../packages/telltale/src/demo/telltale.config.ts')
let program: Program

beforeAll(async () => {
  program = await start({ args: ['--config', CONFIG] })
}, 60_000)

afterAll(async () => {
  await program.stop()
})

interface Told {
  type: string
  hostname: string
  additional_info: { message?: string }
}

/** What the demo would send with these flags. */
async function told(flags: readonly string[]): Promise<Told[]> {
  const { code, stdout } = await telltale(['demo', '--json', ...flags])
  expect(code).toBe(0)
  return stdout
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line))
}

/** How many events there are of each kind, by the name `of` gives it. */
function tally(events: readonly Told[], of: (event: Told) => string): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const event of events) counts[of(event)] = (counts[of(event)] ?? 0) + 1
  return counts
}

/** The same, asked of the server; of the shop's own hosts only. */
async function counted(field: 'type' | 'hostname', from: number): Promise<Record<string, number>> {
  const query = `hostname ~ "dc0-*" | count() by ${field}`
  const { rows } = await ask(program, query, { from, to: from + 600_000 })
  return Object.fromEntries(rows as [string, number][])
}

/** What the configuration makes of it. */
function named({ type, additional_info: { message = '' } }: Told): string {
  if (type !== 'exception') return type
  if (message.startsWith('parse-query-string')) return '404'
  return message.startsWith('could not obtain database connection') ? 'db_timeout' : type
}

test('an hour ago arrives whole, and exceptions that are 404s are 404s', async () => {
  const from = Math.floor(Date.now() / 1000 - 3600) * 1000
  const flags = ['--start', String(from), '--duration', '5m', '--incident', 'parse-query-string', '--seed', '3']
  const expected = tally(await told(flags), named)
  expect(expected['404']).toBeGreaterThan(500)
  const { code } = await telltale(['demo', '--port', String(program.port), ...flags])
  expect(code).toBe(0)
  expect(await counted('type', from)).toEqual(expected)
}, 60_000)

test('live events arrive over HTTP, UDP and TCP', async () => {
  const from = Math.floor(Date.now() / 1000 - 7200) * 1000
  const flags = ['--start', String(from), '--duration', '30s', '--seed', '4']
  const expected = tally(await told(flags), event => event.hostname)
  // With a speed nothing counts as past, so every host sends as it does live.
  const { code } = await telltale(['demo', '--port', String(program.port), ...flags, '--speed', '15'])
  expect(code).toBe(0)
  await eventually(
    () => counted('hostname', from),
    counts => JSON.stringify(counts) === JSON.stringify(sorted(expected)),
  )
}, 60_000)

test('the demo goes on through a restart of the server', async () => {
  const from = Math.floor(Date.now() / 1000 - 10_800) * 1000
  const flags = ['--start', String(from), '--duration', '160s', '--incident', 'none']
  const running = telltale(['demo', '--port', String(program.port), ...flags, '--speed', '20'])
  await eventually(
    () => counted('hostname', from),
    counts => (counts['dc0-web01'] ?? 0) > 20,
  )
  const { port, data } = program
  await program.stop()
  program = await start({ port, data, args: ['--config', CONFIG] })
  const { code, stderr } = await running
  expect(code).toBe(0)
  expect(stderr).toContain('Telltale is there again')
  const late = await ask(program, 'hostname in ("dc0-web01", "dc0-app01", "dc0-db01") | max(time) by hostname', {
    from,
    to: from + 600_000,
  })
  for (const [hostname, time] of late.rows as [string, number][]) {
    expect(`${hostname} ${time > from + 150_000}`).toBe(`${hostname} true`)
  }
  expect(late.rows.length).toBe(3)
}, 90_000)

function sorted(counts: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1)))
}
