import { readFile } from 'node:fs/promises'

/** The timer of keep-alive, among those of a connection in /proc/net/tcp. */
const KEEP_ALIVE = '02'
/** It counts a hundred a second there, whatever the system does. */
const TICKS = 100

/** Seconds until the system asks whether the other end is there, for each connection to a port. Linux only. */
export async function keepAlives(port: number): Promise<(number | undefined)[]> {
  const table = await readFile('/proc/net/tcp', 'latin1')
  const local = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  return table.split('\n').flatMap(line => {
    const [, own, , state, , timer = ''] = line.trim().split(/\s+/)
    if (!own?.endsWith(local) || state !== '01') return []
    const [kind, ticks = ''] = timer.split(':')
    return [kind === KEEP_ALIVE ? Number.parseInt(ticks, 16) / TICKS : undefined]
  })
}
