import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { ask, eventually, folder, freePort, type Program, start } from './program.ts'

const BIN = join(import.meta.dirname, '../packages/telltale/bin/telltale.js')
const running = new Set<Program>()
afterEach(async () => {
  for (const program of running) await program.stop('SIGKILL')
  running.clear()
})

async function begin(...given: Parameters<typeof start>): Promise<Program> {
  const program = await start(...given)
  running.add(program)
  return program
}

/** A `telltale send` that reads from a pipe. */
function sending(url: string) {
  const child = spawn(process.execPath, [BIN, 'send', '--url', url, '--json'], { stdio: ['pipe', 'pipe', 'pipe'] })
  const heard = { out: '', err: '' }
  child.stdout.setEncoding('utf8').on('data', text => (heard.out += text))
  child.stderr.setEncoding('utf8').on('data', text => (heard.err += text))
  const ended = once(child, 'close').then(([code]) => code as number)
  return { input: child.stdin, heard, ended }
}

const line = (n: number): string => `{"type":"numbered","n":${n},"message":"${'x'.repeat(900)}"}\n`
const lines = (from: number, to: number): string => Array.from({ length: to - from }, (_, i) => line(from + i)).join('')

/** Each number below is there, once. */
async function each(program: Program, events: number): Promise<void> {
  const { rows } = await ask(program, 'type = numbered | count(), uniq(n), sum(n)')
  expect(rows[0]).toEqual([events, events, (events * (events - 1)) / 2])
}

test('while Telltale is behind, the pipe into send is held back; in the end all is there once', async () => {
  const data = folder()
  const config = join(data, 'telltale.config.mjs')
  // So small that it is full in the middle of a body.
  writeFileSync(config, 'export default { journal: { maxBytes: 2e6 } }')
  const program = await begin({ data, args: ['--config', config] })
  // Found hung it is killed, and there is another.
  const signal = (name: NodeJS.Signals): void => {
    try {
      process.kill(Number.parseInt(readFileSync(join(data, 'history', 'engine.pid'), 'utf8'), 10), name)
    } catch {}
  }
  signal('SIGSTOP')
  const { input, heard, ended } = sending(program.url)
  const all = 8000
  input.end(lines(0, all))
  await eventually(
    () => {
      signal('SIGSTOP')
      return heard.err
    },
    text => /waiting for http.*wait in the journal/.test(text),
    60_000,
  )
  expect(input.writableLength).toBeGreaterThan(1e6)
  signal('SIGCONT')
  expect(await ended).toBe(0)
  expect(JSON.parse(heard.out)).toEqual({ sent: all, accepted: all, rejected: 0 })
  expect(heard.err).toMatch(/takes events again\n$/)
  await each(program, all)
}, 120_000)

test('send goes on through a restart in the middle of what it sends, nothing lost, nothing twice', async () => {
  const data = folder()
  const port = await freePort()
  const first = await begin({ port, data })
  const { input, heard, ended } = sending(first.url)
  let sent = 0
  let restarted = false
  const writing = (async () => {
    while (!restarted || sent % 20_000 !== 0) {
      if (!input.write(lines(sent, sent + 500))) await once(input, 'drain')
      sent += 500
    }
    input.end()
  })()
  await eventually(
    async () => (await ask(first, 'type = numbered | count()')).rows[0]![0] as number,
    taken => taken > 3000,
  )
  expect(await first.stop()).toBe(0)
  const second = await begin({ port, data })
  await sleep(500)
  restarted = true
  await writing
  expect(await ended).toBe(0)
  expect(JSON.parse(heard.out)).toEqual({ sent, accepted: sent, rejected: 0 })
  await each(second, sent)
}, 120_000)
