import type { Json } from '@telltale/event'
import type { Descriptors } from './descriptors.ts'
import type { Proc } from './proc.ts'
import { type Process, type ProcessTable, top } from './process-table.ts'
import { Rates } from './rates.ts'
import { SocketTable, TCP_STATES, UDP } from './socket-table.ts'
import type { Probe, Round, Vital } from './vital.ts'

export interface SocketOptions {
  /** Processes told of, those with most sockets first. */
  top: number
  /** Processes with fewer sockets than this are not told of. */
  least: number
  /** Sockets read of each kind. */
  most: number
}

/**
 * Which sockets there are and whose they are: `host_sockets`, and `host_process_sockets` for each process that holds
 * many. A process that leaks sockets stands at its top.
 */
export class SocketsProbe implements Probe {
  readonly #proc: Proc
  readonly #table: ProcessTable
  readonly #descriptors: Descriptors
  readonly #options: SocketOptions
  readonly #rates = new Rates()

  constructor(proc: Proc, table: ProcessTable, descriptors: Descriptors, options: SocketOptions) {
    this.#proc = proc
    this.#table = table
    this.#descriptors = descriptors
    this.#options = options
  }

  async measure(round: Round): Promise<Vital[]> {
    this.#rates.round(round.at)
    const processes = [...this.#table.processes.values()].filter(process => !process.kernel && process.state !== 'Z')
    await this.#descriptors.look(processes, round)
    const sockets = await SocketTable.read(this.#proc, this.#options.most, round)
    const holders = top(processes, this.#options.top, process => process.sockets.length)
      .filter(process => process.sockets.length >= this.#options.least)
      .map(process => holdings(process, sockets))
    return [this.#all(sockets, processes, holders), ...holders]
  }

  #all(sockets: SocketTable, processes: readonly Process[], holders: readonly Vital[]): Vital {
    const [, established, synSent, , finWait1, finWait2, , closed, closeWait, lastAck, listen, closing] =
      sockets.tcp as [number, number, number, number, number, number, number, number, number, number, number, number]
    const stat = this.#proc.read(`${this.#proc.net}/sockstat`) ?? ''
    const snmp = this.#proc.read(`${this.#proc.net}/snmp`) ?? ''
    const netstat = this.#proc.read(`${this.#proc.net}/netstat`) ?? ''
    const rate = (text: string, section: string, name: string): number | undefined => {
      const value = counter(text, section, name)
      return value === undefined ? undefined : this.#rates.perSecond(name, value)
    }
    return {
      type: 'host_sockets',
      tcp: sockets.tcp.reduce((sum, n) => sum + n, 0),
      established,
      listen,
      // The kernel's own count: those of IPv6 may not have been listed.
      time_wait: Number(/^TCP:.* tw (\d+)/m.exec(stat)?.[1] ?? sockets.tcp[6]),
      close_wait: closeWait,
      syn_sent: synSent,
      syn_received: sockets.tcp[3]! + sockets.tcp[12]!,
      fin_wait: finWait1 + finWait2,
      last_ack: lastAck,
      closing,
      closed,
      udp: sockets.udp,
      udp_drops: sockets.udpDrops,
      orphaned: Number(/^TCP:.* orphan (\d+)/m.exec(stat)?.[1] ?? 0),
      sockets: Number(/^sockets: used (\d+)/m.exec(stat)?.[1] ?? 0),
      udp_receive_buffer_errors_per_second: rate(snmp, 'Udp', 'RcvbufErrors'),
      tcp_retransmits_per_second: rate(snmp, 'Tcp', 'RetransSegs'),
      listen_overflows_per_second: rate(netstat, 'TcpExt', 'ListenOverflows'),
      processes: processes.length,
      processes_visible: processes.filter(process => !process.hidden).length,
      incomplete: sockets.cut ? true : undefined,
      top: holders.map(({ pid, process, tcp, udp }) => ({ pid, process, tcp, udp }) as Record<string, Json>),
    }
  }
}

function holdings(process: Process, table: SocketTable): Vital {
  const tcp = new Array<number>(TCP_STATES.length).fill(0)
  let udp = 0
  let other = 0
  for (const inode of process.sockets) {
    const kind = table.kinds.get(inode)
    if (kind === undefined) other++
    else if (kind === UDP) udp++
    else tcp[kind]!++
  }
  return {
    type: 'host_process_sockets',
    pid: process.pid,
    process: process.name,
    sockets: process.sockets.length,
    udp,
    tcp: tcp.reduce((sum, n) => sum + n, 0),
    listen: tcp[10]!,
    established: tcp[1]!,
    close_wait: tcp[8]!,
    syn_sent: tcp[2]!,
    closing: tcp[4]! + tcp[5]! + tcp[9]! + tcp[11]!,
    other,
    open_files: process.files,
  }
}

/** A number of /proc/net/snmp or netstat: each section is a line of names, then one of numbers. */
function counter(text: string, section: string, name: string): number | undefined {
  const [names, numbers] = text.split('\n').filter(line => line.startsWith(`${section}: `))
  const at = names?.split(' ').indexOf(name) ?? -1
  return at < 0 ? undefined : Number(numbers?.split(' ')[at])
}
