import { connect, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import { ask, eventually, start } from './program.ts'

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
