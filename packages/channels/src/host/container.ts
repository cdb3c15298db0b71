import { join } from 'node:path'
import type { Proc } from './proc.ts'
import { percent, Rates, twoDigits } from './rates.ts'
import type { Probe, Round, Vital } from './vital.ts'

/** What this container may use and does (cgroup v2), where it has a limit: `host_container`. */
export class ContainerProbe implements Probe {
  readonly #proc: Proc
  readonly #folder: string
  readonly #rates = new Rates()

  /** @param root where cgroups are mounted */
  constructor(proc: Proc, root = '/sys/fs/cgroup') {
    this.#proc = proc
    const own = /^0::(.+)$/m.exec(proc.read('self/cgroup') ?? '')?.[1] ?? '/'
    this.#folder = join(root, own)
  }

  measure({ at }: Round): Vital[] {
    this.#rates.round(at)
    const memoryLimit = Number(this.#read('memory.max') ?? Number.NaN)
    const [quota, period] = (this.#read('cpu.max') ?? '').split(' ').map(Number)
    const cores = quota! > 0 && period! > 0 ? quota! / period! : undefined
    const limited = memoryLimit > 0
    if (!limited && cores === undefined) return []
    const memory = Number(this.#read('memory.current') ?? Number.NaN)
    const used = this.#rates.perSecond('cpu', this.#number('cpu.stat', 'usage_usec') ?? 0)
    const periods = this.#rates.rise('periods', this.#number('cpu.stat', 'nr_periods') ?? 0)
    const throttled = this.#rates.rise('throttled', this.#number('cpu.stat', 'nr_throttled') ?? 0)
    return [
      {
        type: 'host_container',
        memory_bytes: memory >= 0 ? memory : undefined,
        memory_limit_bytes: limited ? memoryLimit : undefined,
        memory_percent: limited && memory >= 0 ? percent(memory, memoryLimit) : undefined,
        oom_kills: this.#number('memory.events', 'oom_kill'),
        cpu_limit_cores: cores,
        cpu_cores: used === undefined ? undefined : twoDigits(used / 1e6),
        cpu_percent: used === undefined || cores === undefined ? undefined : percent(used / 1e6, cores),
        throttled_percent: periods && throttled !== undefined ? percent(throttled, periods) : undefined,
        processes: Number(this.#read('pids.current') ?? Number.NaN) || undefined,
      },
    ]
  }

  #read(file: string): string | undefined {
    return this.#proc.readAt(join(this.#folder, file))?.trim()
  }

  #number(file: string, name: string): number | undefined {
    const found = new RegExp(`^${name} (\\d+)$`, 'm').exec(this.#read(file) ?? '')?.[1]
    return found === undefined ? undefined : Number(found)
  }
}
