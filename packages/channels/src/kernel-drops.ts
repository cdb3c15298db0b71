import { readFile } from 'node:fs/promises'
import { isIPv6 } from 'node:net'
import { endianness } from 'node:os'

/**
 * How many datagrams the kernel has dropped so far because the receive buffer of the UDP socket bound here was full:
 * the `drops` column of /proc/net/udp and udp6.
 * @returns undefined where the system does not tell (not Linux, or the socket is gone)
 */
export async function kernelDrops(address: string, port: number): Promise<number | undefined> {
  const six = isIPv6(address)
  let table: string
  try {
    table = await readFile(six ? '/proc/net/udp6' : '/proc/net/udp', 'latin1')
  } catch {
    return undefined
  }
  const local = `: ${hexAddress(address)}:${port.toString(16).toUpperCase().padStart(4, '0')} `
  const start = table.indexOf(local)
  if (start < 0) return undefined
  const end = table.indexOf('\n', start)
  const drops = Number(
    table
      .slice(start, end < 0 ? undefined : end)
      .trim()
      .split(/\s+/)
      .at(-1),
  )
  return Number.isFinite(drops) ? drops : undefined
}

/** The address as the kernel prints it: 32-bit words in the machine's byte order. */
function hexAddress(address: string): string {
  const bytes = isIPv6(address) ? sixteenBytes(address) : Buffer.from(address.split('.').map(Number))
  if (endianness() === 'LE') bytes.swap32()
  return bytes.toString('hex').toUpperCase()
}

function sixteenBytes(address: string): Buffer {
  const [head = '', tail] = address.replace(/%.*/, '').split('::')
  const words = (text: string): number[] =>
    text === ''
      ? []
      : text.split(':').flatMap(part => {
          if (!part.includes('.')) return [Number.parseInt(part, 16)]
          const [a = 0, b = 0, c = 0, d = 0] = part.split('.').map(Number)
          return [a * 256 + b, c * 256 + d]
        })
  const first = words(head)
  const last = tail === undefined ? [] : words(tail)
  const all = [...first, ...new Array<number>(Math.max(0, 8 - first.length - last.length)).fill(0), ...last]
  const bytes = Buffer.alloc(16)
  for (let i = 0; i < 8; i++) bytes.writeUInt16BE(all[i]! & 0xffff, i * 2)
  return bytes
}
