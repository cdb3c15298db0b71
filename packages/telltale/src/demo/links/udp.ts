import { createSocket } from 'node:dgram'
import { isIPv6 } from 'node:net'
import type { Link } from './link.ts'

export interface UdpOptions {
  host: string
  port: number
}

/** Datagrams on their way to the kernel; beyond that an event is lost, as it is with UDP. */
const UNDERWAY = 1000

/** One datagram per event, and no idea whether it arrives. */
export function udp({ host, port }: UdpOptions): Link {
  const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4')
  socket.on('error', () => {})
  socket.unref()
  let underway = 0
  let lost = 0
  let idle: (() => void) | undefined

  function sent(error: Error | null): void {
    underway--
    if (error) lost++
    if (underway === 0) idle?.()
  }

  return {
    get lost() {
      return lost
    },
    send(line) {
      if (underway >= UNDERWAY) lost++
      else {
        underway++
        socket.send(line, port, host, sent)
      }
    },
    async room() {},
    async close() {
      if (underway > 0) await new Promise<void>(resolve => (idle = resolve))
      socket.close()
    },
  }
}
