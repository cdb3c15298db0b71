import { cpus, loadavg } from 'node:os'
import type { Proc } from './proc.ts'
import { percent, Rates, twoDigits } from './rates.ts'
import type { Probe, Round, Vital } from './vital.ts'

/** Ticks since the machine started, in the order of /proc/stat. */
interface Times {
  user: number
  system: number
  idle: number
  iowait: number
  steal: number
}

/** How busy the processors are: `host_cpu`. */
export class CpuProbe implements Probe {
  readonly #proc: Proc | undefined
  readonly #rates = new Rates()
  #before: Times[] = []

  /** Without /proc, what node:os tells: user, system, idle. */
  constructor(proc?: Proc) {
    this.#proc = proc
  }

  measure({ at }: Round): Vital[] {
    this.#rates.round(at)
    const stat = this.#proc?.read('stat')
    const times = stat === undefined ? timesOfNode() : timesOfStat(stat)
    const before = this.#before
    this.#before = times
    if (before.length !== times.length) return []
    const [total, ...cores] = times.map((now, i) => since(before[i]!, now))
    const all = sum(total!)
    const [load1, load5, load15] = loadavg().map(twoDigits)
    return [
      {
        type: 'host_cpu',
        percent: percent(all - total!.idle - total!.iowait, all),
        user_percent: percent(total!.user, all),
        system_percent: percent(total!.system, all),
        iowait_percent: stat && percent(total!.iowait, all),
        steal_percent: stat && percent(total!.steal, all),
        cores: cores.length,
        cores_percent: cores.map(core => percent(sum(core) - core.idle - core.iowait, sum(core)) ?? 0),
        load1,
        load5,
        load15,
        context_switches_per_second: this.#counter(stat, 'ctxt'),
        processes_started_per_second: this.#counter(stat, 'processes'),
      },
    ]
  }

  #counter(stat: string | undefined, name: string): number | undefined {
    const value = stat && new RegExp(`^${name} (\\d+)`, 'm').exec(stat)?.[1]
    return value ? this.#rates.perSecond(name, Number(value)) : undefined
  }
}

/** All processors together first, then each. */
function timesOfStat(stat: string): Times[] {
  return [...stat.matchAll(/^cpu\d* +(.+)$/gm)].map(([, numbers]) => {
    const [user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0, steal = 0] = numbers!
      .split(' ')
      .map(Number)
    return { user: user + nice, system: system + irq + softirq, idle, iowait, steal }
  })
}

function timesOfNode(): Times[] {
  const cores = cpus().map(({ times: { user, nice, sys, irq, idle } }) => ({
    user: user + nice,
    system: sys + irq,
    idle,
    iowait: 0,
    steal: 0,
  }))
  const total = { user: 0, system: 0, idle: 0, iowait: 0, steal: 0 }
  for (const { user, system, idle } of cores) {
    total.user += user
    total.system += system
    total.idle += idle
  }
  return [total, ...cores]
}

/** The kernel's idle and iowait may go back a little; that counts as none. */
function since(before: Times, now: Times): Times {
  const rise = (key: keyof Times): number => Math.max(0, now[key] - before[key])
  return {
    user: rise('user'),
    system: rise('system'),
    idle: rise('idle'),
    iowait: rise('iowait'),
    steal: rise('steal'),
  }
}

function sum({ user, system, idle, iowait, steal }: Times): number {
  return user + system + idle + iowait + steal
}
