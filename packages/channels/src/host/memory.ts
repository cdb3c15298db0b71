import { freemem, totalmem } from 'node:os'
import type { Proc } from './proc.ts'
import { percent, Rates } from './rates.ts'
import type { Probe, Round, Vital } from './vital.ts'

/** Where the memory is: `host_memory`. */
export class MemoryProbe implements Probe {
  readonly #proc: Proc | undefined
  readonly #rates = new Rates()

  constructor(proc?: Proc) {
    this.#proc = proc
  }

  measure({ at }: Round): Vital[] {
    this.#rates.round(at)
    const meminfo = this.#proc?.read('meminfo')
    if (meminfo === undefined) {
      const total = totalmem()
      const used = total - freemem()
      return [
        {
          type: 'host_memory',
          total_bytes: total,
          used_bytes: used,
          free_bytes: total - used,
          percent: percent(used, total),
        },
      ]
    }
    const bytes = table(meminfo, /^(\w+)[^:]*: +(\d+) kB$/gm, 1024)
    const counters = table(this.#proc?.read('vmstat') ?? '', /^(pswpin|pswpout|pgmajfault|oom_kill) (\d+)$/gm, 1)
    const total = bytes.get('MemTotal') ?? 0
    const available = bytes.get('MemAvailable') ?? bytes.get('MemFree') ?? 0
    const swap = bytes.get('SwapTotal') ?? 0
    const swapUsed = swap - (bytes.get('SwapFree') ?? 0)
    const rate = (name: string): number | undefined => this.#rates.perSecond(name, counters.get(name) ?? 0)
    return [
      {
        type: 'host_memory',
        total_bytes: total,
        used_bytes: total - available,
        available_bytes: available,
        free_bytes: bytes.get('MemFree'),
        cached_bytes: (bytes.get('Cached') ?? 0) + (bytes.get('SReclaimable') ?? 0),
        buffers_bytes: bytes.get('Buffers'),
        shared_bytes: bytes.get('Shmem'),
        dirty_bytes: bytes.get('Dirty'),
        percent: percent(total - available, total),
        swap_total_bytes: swap,
        swap_used_bytes: swapUsed,
        swap_percent: percent(swapUsed, swap) ?? 0,
        pages_swapped_in_per_second: rate('pswpin'),
        pages_swapped_out_per_second: rate('pswpout'),
        major_faults_per_second: rate('pgmajfault'),
        oom_kills: counters.get('oom_kill'),
      },
    ]
  }
}

/** The numbers of a text, by name, times a unit. */
function table(text: string, row: RegExp, unit: number): Map<string, number> {
  return new Map([...text.matchAll(row)].map(([, name, value]) => [name!, Number(value) * unit]))
}
