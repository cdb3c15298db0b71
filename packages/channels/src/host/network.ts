import type { Proc } from './proc.ts'
import { Rates } from './rates.ts'
import type { Probe, Round, Vital } from './vital.ts'

/** Events a round at most: a machine of containers has hundreds of interfaces; the busiest are told. */
const MOST = 32

/** What goes over each interface that ever carried anything: `host_network`. */
export class NetworkProbe implements Probe {
  readonly #proc: Proc
  readonly #rates = new Rates()

  constructor(proc: Proc) {
    this.#proc = proc
  }

  measure({ at }: Round): Vital[] {
    this.#rates.round(at)
    const vitals: (Vital & { busy: number })[] = []
    for (const line of (this.#proc.read(`${this.#proc.net}/dev`) ?? '').split('\n').slice(2)) {
      const colon = line.indexOf(':')
      if (colon < 0) continue
      const device = line.slice(0, colon).trim()
      const n = line
        .slice(colon + 1)
        .trim()
        .split(/ +/)
        .map(Number)
      if (n[0] === 0 && n[8] === 0) continue
      const rate = (name: string, value = 0): number | undefined => this.#rates.perSecond(`${device} ${name}`, value)
      const received = rate('received', n[0])
      const sent = rate('sent', n[8])
      const vital = {
        type: 'host_network',
        interface: device,
        received_bytes_per_second: received,
        sent_bytes_per_second: sent,
        received_packets_per_second: rate('in', n[1]),
        sent_packets_per_second: rate('out', n[9]),
        receive_errors_per_second: rate('receive errors', n[2]),
        send_errors_per_second: rate('send errors', n[10]),
        receive_drops_per_second: rate('receive drops', n[3]),
        send_drops_per_second: rate('send drops', n[11]),
      }
      if (received !== undefined && sent !== undefined) vitals.push({ ...vital, busy: received + sent })
    }
    return vitals
      .sort((a, b) => b.busy - a.busy)
      .slice(0, MOST)
      .map(({ busy, ...vital }) => vital)
  }
}
