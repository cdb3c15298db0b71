import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'

/** Descriptors this process keeps for everything else it does. */
const MARGIN = 128

/**
 * Really opens UDP sockets, as an application that leaks them would, so that lsof, ss and the host vitals see them. They
 * are bound to loopback and read nothing. Never more than asked for, and never near the process's own limit.
 */
export class Leak {
  readonly #sockets: Socket[] = []
  readonly most: number
  /** Set once the system gave no more, until the leak is closed. */
  #refused = false

  constructor(wanted: number) {
    this.most = Math.max(0, Math.min(wanted, descriptorLimit() - descriptorsOpen() - MARGIN))
  }

  get open(): number {
    return this.#sockets.length
  }

  /** Opens or closes sockets until there are so many, as a share of the most. */
  async hold(share: number): Promise<void> {
    const target = Math.round(Math.min(1, Math.max(0, share)) * this.most)
    if (target === 0) this.#refused = false
    while (this.#sockets.length > target) this.#sockets.pop()!.close()
    while (this.#sockets.length < target && !this.#refused) await this.#openOne()
  }

  close(): void {
    for (const socket of this.#sockets.splice(0)) socket.close()
  }

  async #openOne(): Promise<void> {
    const socket = createSocket('udp4')
    try {
      socket.bind(0, '127.0.0.1')
      await once(socket, 'listening')
      // A leaked socket must not keep the process alive, and an error of one it never uses is no news.
      socket.unref().on('error', () => {})
      this.#sockets.push(socket)
    } catch {
      this.#refused = true
      socket.close()
    }
  }
}

/** How many files and sockets this process may have open. */
function descriptorLimit(): number {
  const report = process.report.getReport() as { userLimits?: { open_files?: { soft?: number | string } } }
  const soft = Number(report.userLimits?.open_files?.soft ?? 256)
  return Number.isFinite(soft) ? soft : 65_536
}

function descriptorsOpen(): number {
  try {
    return readdirSync('/proc/self/fd').length
  } catch {
    return 64
  }
}
