import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { eventually, folder, type Program, send, start } from './program.ts'

let program: Program

beforeAll(async () => {
  const data = folder()
  // A ring so small that most of the past is in the history only, while segments move there every second.
  const config = join(data, 'telltale.config.ts')
  writeFileSync(config, `export default { latest: { events: 5000 } }`)
  program = await start({ data, args: ['--config', config] })
}, 60_000)

afterAll(async () => {
  await program.stop()
})

test('a live answer counts each event once, wherever in a flood it began', async () => {
  let acknowledged = 0
  let sending = true
  const sender = (async () => {
    for (let n = 0; sending; n += 250) {
      const lines = Array.from({ length: 250 }, (_, i) => `{"type":"flood","n":${n + i}}`)
      acknowledged += (await send(program, lines.join('\n'))).accepted
    }
  })()
  const socket = new WebSocket(`ws://127.0.0.1:${program.port}/v1/live`)
  const last = new Map<string, number>()
  const wrong: unknown[] = []
  let messages = 0
  socket.on('message', data => {
    const message = JSON.parse(String(data)) as { id: string; rows?: [number, number | null][] }
    const [n, sum] = message.rows?.[0] ?? []
    // Events are numbered as they come, so the sum tells whether those counted are the first n, each once.
    if (n === undefined || (sum ?? 0) !== ((n - 1) * n) / 2 || n < (last.get(message.id) ?? 0)) wrong.push(message)
    else last.set(message.id, n)
    messages++
  })
  await once(socket, 'open')
  for (let i = 0; i < 12; i++) {
    const from = i % 2 === 0 ? '' : `,"from":"-${i}h"`
    socket.send(`{"id":"${i}","query":"type = flood and n > -${i + 1} | count(), sum(n)"${from}}`)
    await new Promise(resolve => setTimeout(resolve, 400))
  }
  sending = false
  await sender
  await eventually(
    () => [...last.values()],
    counts => counts.length === 12 && counts.every(n => n === acknowledged),
  )
  socket.close()
  expect(wrong).toEqual([])
  expect(messages).toBeGreaterThan(24)
}, 60_000)
