import { hostname as ownName, platform } from 'node:os'
import { performance } from 'node:perf_hooks'
import type { Channel, ChannelContext } from '../channel.ts'
import { interval } from '../interval.ts'
import { untold } from '../untold.ts'
import { ContainerProbe } from './container.ts'
import { CpuProbe } from './cpu.ts'
import { Descriptors } from './descriptors.ts'
import { DiskIoProbe, DiskProbe } from './disk.ts'
import { MemoryProbe } from './memory.ts'
import { NetworkProbe } from './network.ts'
import { PressureProbe } from './pressure.ts'
import { Proc } from './proc.ts'
import { ProcessTable } from './process-table.ts'
import { ProcessesProbe } from './processes.ts'
import { Slices } from './slices.ts'
import { SocketsProbe } from './sockets.ts'
import { type Probe, type Vital, vitalEvent } from './vital.ts'

export interface HostOptions {
  /** Time between rounds: `5s`, or ms. Default 5 s. */
  every?: string | number
  /** Where the host's /proc is mounted, from inside a container: `/host/proc`. Default `/proc`. */
  proc?: string
  /** Hostname of the events. Default the machine's. */
  hostname?: string
  /** Processes told of, by each of processor, memory and open files. Default 5. */
  topProcesses?: number
  /** Processes told of by sockets (default 20), if they hold at least so many (default 10). */
  topSockets?: number
  leastSockets?: number
  /** Bounds of a round's work: processes read (1,000), file descriptors looked at (1,000). The rest has its turn in the next. */
  processesPerRound?: number
  descriptorsPerRound?: number
  /** Default `host`. */
  name?: string
}

/** The first round comes this soon: rates need two looks. */
const FIRST = 1_000

/**
 * The vitals of this machine, measured in rounds: docs/host.md lists the events. Work is bounded and cut into slices
 * of 2 ms, so the event loop is free in between.
 */
export function host(options: HostOptions = {}): Channel {
  return new Host(options)
}

class Host implements Channel {
  readonly name: string
  readonly address: string
  readonly #options: HostOptions
  readonly #every: number
  #probes: Probe[] = []
  #table: ProcessTable | undefined
  #cancel: (() => void)[] = []
  #round: Promise<void> | undefined

  /** @throws where `every` is no duration */
  constructor(options: HostOptions) {
    this.name = options.name ?? 'host'
    this.address = options.hostname ?? ownName()
    this.#options = options
    this.#every = interval(options.every ?? '5s', 'host({ every })')
  }

  async start(context: ChannelContext): Promise<void> {
    const proc = new Proc(this.#options.proc)
    const linux = proc.read('stat') !== undefined
    if (linux) this.#linux(proc)
    else {
      this.#probes = [new CpuProbe(), new MemoryProbe(), new DiskProbe()]
      context.log(
        `${this.name}: ${platform()} has no /proc, so only processor, memory and disk space are measured: no disk and network traffic, processes, open files, sockets, pressure`,
      )
    }
    await this.#measure()
    if (linux) this.#sayWhatIsHidden(context)
    const round = (): void => {
      this.#round ??= this.#tell(context).finally(() => {
        this.#round = undefined
      })
    }
    const { clock } = context
    this.#cancel = [clock.after(Math.min(FIRST, this.#every), round), clock.every(this.#every, round)]
  }

  async stop(): Promise<void> {
    for (const cancel of this.#cancel.splice(0)) cancel()
    await this.#round
  }

  #linux(proc: Proc): void {
    const { topProcesses = 5, topSockets = 20, leastSockets = 10 } = this.#options
    const { processesPerRound = 1_000, descriptorsPerRound = 1_000 } = this.#options
    const table = new ProcessTable(proc, processesPerRound)
    this.#table = table
    const descriptors = new Descriptors(proc, { round: descriptorsPerRound, process: 4_096 })
    this.#probes = [
      new CpuProbe(proc),
      new MemoryProbe(proc),
      new DiskProbe(proc),
      new DiskIoProbe(proc),
      new NetworkProbe(proc),
      new PressureProbe(proc),
      new ContainerProbe(proc),
      { measure: round => table.refresh(round).then(() => []) },
      new SocketsProbe(proc, table, descriptors, { top: topSockets, least: leastSockets, most: 100_000 }),
      new ProcessesProbe(proc, table, topProcesses),
    ]
  }

  async #measure(): Promise<Vital[]> {
    const slices = new Slices()
    const round = { at: performance.now(), slices }
    const vitals: Vital[] = []
    for (const probe of this.#probes) {
      vitals.push(...(await probe.measure(round)))
      if (slices.due) await slices.rest()
    }
    slices.end()
    for (const vital of vitals) if (vital.type === 'host_processes') vital['probe_ms'] = Math.round(slices.worked)
    return vitals
  }

  async #tell({ intake, clock, log }: ChannelContext): Promise<void> {
    const time = clock.now()
    let vitals: Vital[]
    try {
      vitals = await this.#measure()
    } catch (error) {
      log(`${this.name}: BUG: ${(error as Error).stack}`)
      return
    }
    const { busy } = intake
    if (busy !== undefined) intake.dropped(this.name, vitals.length, busy.reason)
    else {
      const events = vitals.map(vital => vitalEvent(vital, this.address, time))
      untold(intake, this.name, intake.add(events, { channel: this.name, address: this.address }))
    }
  }

  #sayWhatIsHidden({ log }: ChannelContext): void {
    const processes = [...(this.#table?.processes.values() ?? [])].filter(
      process => !process.kernel && process.state !== 'Z',
    )
    const visible = processes.filter(process => !process.hidden).length
    if (visible < processes.length)
      log(
        `${this.name}: this user sees the open files and sockets of ${visible} of ${processes.length} processes; root sees all`,
      )
  }
}
