import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { appendFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, test } from 'vitest'
import { WebSocket } from 'ws'
import { ask, eventually, folder, type Program, send, start } from './program.ts'

const BURST = 3000
let program: Program
let log: string
let live: WebSocket
const seen = new Map<string, number>()

beforeAll(async () => {
  const data = folder()
  log = join(data, 'app.log')
  writeFileSync(log, '')
  const config = join(data, 'telltale.config.mjs')
  writeFileSync(
    config,
    `import { file } from 'telltale'\nexport default { channels: [file({ path: ${JSON.stringify(log)} })] }`,
  )
  program = await start({ data, args: ['--config', config] })
  live = new WebSocket(`ws://127.0.0.1:${program.port}/v1/live`)
  live.on('message', data => {
    const { events = [] } = JSON.parse(String(data)) as { events?: { additional_info: { way?: string; n?: number } }[] }
    for (const { additional_info: info } of events)
      if (info.way !== undefined) seen.set(info.way, Math.max(seen.get(info.way) ?? 0, info.n ?? 0))
  })
  await once(live, 'open')
  live.send(`{"id":"last","query":"type = burst and n = ${BURST}"}`)
}, 60_000)

afterAll(async () => {
  live.close()
  await program.stop()
})

const lines = (by: string): string[] =>
  Array.from({ length: BURST }, (_, i) => `{"type":"burst","way":"${by}","n":${i + 1}}`)

/** Each sends a burst and then falls silent; nothing is closed or flushed. */
const WAYS: Record<string, () => Promise<unknown>> = {
  http: () => send(program, lines('http').join('\n')),
  tcp: async () => {
    const socket = connect(program.port + 2, '127.0.0.1')
    await once(socket, 'connect')
    socket.write(`${lines('tcp').join('\n')}\n`)
  },
  websocket: async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${program.port}/v1/send`)
    await once(socket, 'open')
    for (const line of lines('websocket')) socket.send(line)
  },
  udp: async () => {
    const socket = createSocket('udp4')
    for (const line of lines('udp').slice(-20)) socket.send(line, program.port + 1, '127.0.0.1')
  },
  file: async () => appendFileSync(log, `${lines('file').join('\n')}\n`),
}

test.each(Object.keys(WAYS))('the last event of a burst is never stuck in a buffer: %s (Vector #22946)', async by => {
  await WAYS[by]!()
  await eventually(
    async () => (await ask(program, `type = burst and way = ${by} | max(n)`)).rows[0]![0],
    last => last === BURST,
  )
  await eventually(
    () => seen.get(by),
    last => last === BURST,
  )
})
