import type { Proc } from './proc.ts'
import type { Round } from './vital.ts'

/** TCP's states as the kernel numbers them; 7, CLOSE, is a socket that is not connected yet or no longer. */
export const TCP_STATES: readonly string[] = [
  '',
  'established',
  'syn_sent',
  'syn_received',
  'fin_wait1',
  'fin_wait2',
  'time_wait',
  'closed',
  'close_wait',
  'last_ack',
  'listen',
  'closing',
  'syn_received',
]
/** In {@link SocketTable.kinds}: a UDP socket. Other numbers are TCP states. */
export const UDP = 0

/** Every TCP and UDP socket of the machine's network at one moment, IPv4 and IPv6. */
export class SocketTable {
  /** A TCP state or {@link UDP}, by inode. */
  readonly kinds: Map<number, number> = new Map()
  /** How many sockets there are by TCP state. */
  readonly tcp: number[] = new Array<number>(TCP_STATES.length).fill(0)
  udp = 0
  /** Datagrams dropped by UDP sockets that are open now, since each was opened. */
  udpDrops = 0
  /** There were more than could be read. */
  cut = false

  /** @param most sockets of each of tcp, tcp6, udp, udp6 to read */
  static async read(proc: Proc, most: number, round: Round): Promise<SocketTable> {
    const table = new SocketTable()
    // To list them the kernel walks all of its hash, empty or not; where it counts none, it need not.
    const six = proc.read(`${proc.net}/sockstat6`) ?? ''
    const none = (counted: string): boolean => six.includes(`${counted}: inuse 0\n`)
    for (const name of none('TCP6') ? ['tcp'] : ['tcp', 'tcp6'])
      await table.#lines(proc, name, most, round, fields => {
        const state = Number.parseInt(fields[3]!, 16)
        table.tcp[state] = (table.tcp[state] ?? 0) + 1
        // A socket in TIME_WAIT belongs to nobody any more: its inode is 0.
        if (fields[9] !== '0') table.kinds.set(Number(fields[9]), state)
      })
    for (const name of ['udp', 'udp6'])
      await table.#lines(proc, name, most, round, fields => {
        table.udp++
        table.udpDrops += Number(fields[12] ?? 0)
        table.kinds.set(Number(fields[9]), UDP)
      })
    return table
  }

  async #lines(proc: Proc, name: string, most: number, round: Round, each: (f: string[]) => void): Promise<void> {
    const count = await proc.lines(`${proc.net}/${name}`, most, round.slices, line => {
      const fields = line.trim().split(/ +/)
      if (fields.length > 9) each(fields)
    })
    if (count >= most) this.cut = true
  }
}
