import { once } from 'node:events'
import { WebSocket } from 'ws'
import type { Desk } from '../crowd.ts'
import type { Parcel } from '../ledger.ts'
import { linesOf } from './lines.ts'

const WINDOW = 6

/** A client that sends a parcel a message over a WebSocket; the answers come in the order of the messages. */
export async function websocket(desk: Desk): Promise<void> {
  for (let at = await desk.address(); at !== undefined; at = await desk.address()) {
    const socket = new WebSocket(`${at.url.replace('http', 'ws')}/v1/send`)
    const outstanding: Parcel[] = []
    let wake = (): void => {}
    const closed = new Promise<void>(resolve => socket.once('close', () => resolve()))
    socket.on('close', () => wake())
    socket.on('error', () => {})
    socket.on('message', data => {
      const parcel = outstanding.shift()
      if (parcel === undefined) return void desk.ledger.surprises.push('a WebSocket answer too many')
      const told = JSON.parse(String(data)) as { accepted: number; rejected: { index: number }[]; error?: string }
      if (told.error !== undefined) desk.ledger.turnedAway(parcel, told.error, desk.random.oneIn(2))
      else {
        desk.ledger.answered(parcel, told.accepted, told.rejected)
        desk.acknowledged('websocket')
      }
      wake()
    })
    const open = (): boolean => socket.readyState === socket.OPEN
    try {
      await once(socket, 'open')
      while (open()) {
        const parcel = await desk.parcel()
        if (parcel === undefined) break
        outstanding.push(parcel)
        socket.send(linesOf(parcel))
        while (open() && outstanding.length >= WINDOW)
          await new Promise<void>(resolve => {
            wake = resolve
          })
      }
      while (open() && outstanding.length > 0)
        await new Promise<void>(resolve => {
          wake = resolve
        })
      socket.close()
    } catch {
      socket.terminate()
    }
    await closed
    for (const { first, count } of outstanding) desk.ledger.unanswered(first, first + count)
  }
}
