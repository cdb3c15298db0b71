import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { Backlog, type Link } from './link.ts'

export interface TcpOptions {
  host: string
  port: number
  /** Events kept while Telltale is away. Default 5,000. */
  capacity?: number
}

const LONGEST_PAUSE = 3_000

/** NDJSON over one TCP connection, made again whenever it is lost. */
export function tcp({ host, port, capacity = 5_000 }: TcpOptions): Link {
  const backlog = new Backlog(capacity)
  let socket: Socket
  let pause = 100
  let open = false
  let closed = false
  let lost = 0

  function dial(): void {
    socket = connect({ host, port })
    socket.on('connect', () => {
      open = true
      pause = 100
      flush()
    })
    socket.on('drain', flush)
    socket.on('error', () => {}) // `close` follows
    // Telltale has nothing to say here, but its end of the connection must be heard.
    socket.resume()
    socket.on('close', () => {
      open = false
      if (closed) return
      setTimeout(() => closed || dial(), pause).unref()
      pause = Math.min(LONGEST_PAUSE, pause * 2)
    })
  }

  function flush(): void {
    while (open && !socket.writableNeedDrain && backlog.length > 0) socket.write(`${backlog.take(100).join('\n')}\n`)
  }

  dial()
  return {
    get lost() {
      return lost + backlog.lost
    },
    send(line) {
      backlog.push(line)
      flush()
    },
    async room() {},
    async close() {
      closed = true
      flush()
      const ended = open ? new Promise<void>(resolve => socket.end(() => resolve())) : Promise.resolve()
      await Promise.race([ended, sleep(1000, undefined, { ref: false })])
      socket.destroy()
      lost += backlog.take(capacity).length
    },
  }
}
