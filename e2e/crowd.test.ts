import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { ask, eventually, folder, start } from './program.ts'

test('beyond 1,024 TCP connections more are closed at once: an event, a number and a warning say so', async () => {
  const program = await start()
  const sockets: Socket[] = []
  try {
    let closed = 0
    for (let i = 0; i < 1_030; i++)
      sockets.push(
        connect(program.port + 2, '127.0.0.1')
          .on('close', () => closed++)
          .on('error', () => {})
          .resume(),
      )
    await eventually(
      () => closed,
      n => n >= 6,
    )
    const metrics = await (await fetch(`${program.url}/metrics`)).text()
    const away = Number(/^telltale_connections_turned_away_total\{channel="tcp"\} (\d+)$/m.exec(metrics)?.[1])
    expect(away).toBeGreaterThanOrEqual(6)
    const { warnings } = (await (await fetch(`${program.url}/readyz`)).json()) as { warnings: string[] }
    expect(warnings).toContainEqual(expect.stringMatching(/^tcp turned connections away .*1024 connections are open/))
    await eventually(
      () => ask(program, 'type = turned_away and channel = tcp | sum(count)'),
      ({ rows }) => (rows[0]![0] as number) >= 6,
    )
  } finally {
    for (const socket of sockets) socket.destroy()
    await program.stop()
  }
}, 90_000)

test('WebSockets that begin more than there is room for are told to come back; others are served', async () => {
  const data = folder()
  const file = join(data, 'telltale.config.ts')
  // 10 MB for what is being received, half of it for WebSockets
  writeFileSync(file, `export default { memory: '800MB' }`)
  const program = await start({ data, args: ['--config', file] })
  const url = `ws://127.0.0.1:${program.port}/v1/send`
  const codes: number[] = []
  const open = async (): Promise<WebSocket> => {
    const socket = new WebSocket(url)
    socket.on('close', code => codes.push(code)).on('error', () => {})
    await once(socket, 'open')
    return socket
  }
  try {
    const parts = await Promise.all(Array.from({ length: 8 }, open))
    for (const socket of parts) socket.send('x'.repeat(1_500_000), { fin: false })
    await eventually(
      () => codes,
      ({ length }) => length > 0,
    )
    expect(codes.every(code => code === 1013)).toBe(true)
    const small = await open()
    small.send('{"type":"served"}')
    const [answer] = await once(small, 'message')
    expect(JSON.parse(String(answer))).toEqual({ accepted: 1, rejected: [] })
    small.send('x'.repeat(3_000_000))
    const [code] = await once(small, 'close')
    expect(code).toBe(1009)
    for (const socket of parts) socket.terminate()
  } finally {
    await program.stop()
  }
}, 60_000)
