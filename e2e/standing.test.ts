import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { ask, folder, type Program, send, eventually as soon, start } from './program.ts'

const STANDING = [
  'type = load | count(), sum(n), max(n), uniq(n) by k',
  'type = load and n > 100 | count(), p50(n), uniq(k), top(k, 3), last(n) over 10m',
  'last 1h | type = load | sum(n), stddev(n) by k | sort sum(n) desc | limit 4',
]
/** The same asked of all there is; a window over ten minutes holds all of a minute's events (but estimates uniq beyond 512). */
const ASKED = [
  STANDING[0]!,
  'type = load and n > 100 | count(), p50(n), uniq(k), top(k, 3), last(n)',
  'last 1h | type = load | sum(n), stddev(n) by k | sort sum(n) desc | limit 4',
]

let program: Program | undefined

afterEach(async () => {
  await program?.stop('SIGKILL')
})

/** Other work on the machine must not make this fail. */
function eventually<T>(look: () => Promise<T> | T, wanted: (value: T) => boolean): Promise<T> {
  return soon(look, wanted, 60_000)
}

const data = folder()
const snapshot = join(data, 'standing', 'snapshot.jsonl')

/** What was last saved; nothing where none was yet. */
function saved(): string {
  return existsSync(snapshot) ? readFileSync(snapshot, 'utf8') : ''
}

async function begin(): Promise<Program> {
  const config = join(data, 'telltale.config.ts')
  writeFileSync(config, `export default { latest: { events: 3000 }, standing: { every: 300 } }`)
  program = await start({ data, args: ['--config', config] })
  return program
}

/** The rows each of the queries has now, the end of a window left out. */
async function look(at: Program): Promise<{ rows: unknown[][][]; close(): void }> {
  const socket = new WebSocket(`ws://127.0.0.1:${at.port}/v1/live`)
  const rows: unknown[][][] = []
  socket.on('error', () => {})
  socket.on('message', data => {
    const message = JSON.parse(String(data)) as { id: string; rows: unknown[][]; columns: { name: string }[] }
    const time = message.columns.findIndex(({ name }) => name === 'time')
    rows[Number(message.id)] = message.rows.map(row => row.filter((_, i) => i !== time))
  })
  await once(socket, 'open')
  for (const [id, query] of STANDING.entries()) socket.send(JSON.stringify({ id: `${id}`, query }))
  return { rows, close: () => socket.close() }
}

/** Sends numbered events until told to stop, or until nobody answers. */
function sender(to: Program, from: number): { acknowledged(): number; stop(): Promise<number> } {
  let acknowledged = from
  let sending = true
  const running = (async () => {
    while (sending) {
      const line = (_: unknown, i: number): string =>
        `{"type":"load","n":${acknowledged + i},"k":"k${(acknowledged + i) % 7}"}`
      const sent = await send(to, Array.from({ length: 250 }, line).join('\n')).catch(() => undefined)
      if (sent === undefined) return
      acknowledged += sent.accepted
    }
  })()
  return {
    acknowledged: () => acknowledged,
    async stop() {
      sending = false
      await running
      return acknowledged
    },
  }
}

/** What is shown becomes what is asked; and that is what was acknowledged. */
async function agrees(at: Program, shown: unknown[][][]): Promise<number> {
  const wanted = await Promise.all(ASKED.map(async query => (await ask(at, query)).rows))
  await eventually(
    () => shown.map(rounded),
    rows => rows.length === wanted.length && rows.every((row, i) => row === rounded(wanted[i]!)),
  )
  return wanted[0]!.reduce((n, row) => n + (row[1] as number), 0)
}

/** Sums of floating numbers may differ in their last digits. */
function rounded(rows: unknown[][]): string {
  return JSON.stringify(rows, (_, value) => (typeof value === 'number' ? Number(value.toPrecision(9)) : value))
}

test('what stands goes on after kill -9 under load, each event counted once', async () => {
  let at = await begin()
  let sent = 0
  for (let round = 0; round < 3; round++) {
    const shown = await look(at)
    const load = sender(at, sent)
    await eventually(load.acknowledged, n => n > sent + 5000)
    const before = saved()
    await eventually(saved, text => text !== before && text.split('\n').length === STANDING.length + 2)
    await eventually(load.acknowledged, n => n > sent + 8000)
    await at.stop('SIGKILL')
    const acknowledged = await load.stop()
    shown.close()
    at = await begin()
    expect(at.log()).toMatch(/3 standing queries go on, \d+ events behind/)
    const again = await look(at)
    const found = await agrees(at, again.rows)
    // What was on its way when it was killed may have been journaled, and then all of it.
    expect([acknowledged, acknowledged + 250]).toContain(found)
    sent = found
    const more = sender(at, sent)
    await eventually(more.acknowledged, n => n > sent + 2000)
    sent = await more.stop()
    expect(await agrees(at, again.rows)).toBe(sent)
    again.close()
  }

  expect(await at.stop()).toBe(0)
  const bytes = readFileSync(snapshot)
  const names = bytes
    .toString()
    .split('\n')
    .map(line => (JSON.parse(line) as { name?: string }).name)
  expect(names.filter(Boolean), 'none of them has begun anew').toEqual(['0', '1', '2'])
  bytes[bytes.length >> 1]! ^= 1
  writeFileSync(snapshot, bytes)
  at = await begin()
  expect(at.log()).toMatch(/begins anew from history; its snapshot was set aside as \S+: it is damaged/)
  const last = await look(at)
  expect(await agrees(at, last.rows)).toBe(sent)
}, 300_000)
