import { availableParallelism } from 'node:os'
import { memoryUsage } from 'node:process'
import type { Proc } from './proc.ts'
import { twoDigits } from './rates.ts'
import type { Round } from './vital.ts'

/** What is known of one process. */
export interface Process {
  readonly pid: number
  /** Ticks from the machine's start to its own; with the pid it is unique. */
  readonly started: number
  readonly name: string
  /** Part of the kernel: it has neither files nor sockets. */
  readonly kernel: boolean
  /** As ps has it: R running, S sleeping, D waiting for a disk, Z zombie, T stopped … */
  state: string
  threads: number
  residentBytes: number
  /** Of one core: 200 where two are fully used. Undefined until it was seen twice. */
  cpuPercent: number | undefined
  /** How many files it has open; undefined where that can't be seen. */
  files: number | undefined
  /** Inodes of its sockets when they were last looked at. */
  sockets: readonly number[]
  /** When they were, in ms; 0 never. */
  lookedAt: number
  /** How many files it had then. */
  lookedFiles: number
  /** This user may not see its files. */
  hidden: boolean
  ticks: number
  readAt: number
}

/** USER_HZ: 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100
/** PF_KTHREAD */
const KERNEL = 0x0020_0000

/** All processes of the machine, kept up to date a bounded number a round. */
export class ProcessTable {
  readonly processes: Map<number, Process> = new Map()
  readonly #proc: Proc
  readonly #budget: number
  readonly #page: number
  #next = 0

  /** @param budget processes read in a round; where there are more, the rest has its turn in the next */
  constructor(proc: Proc, budget: number) {
    this.#proc = proc
    this.#budget = budget
    const pages = Number(proc.read('self/statm')?.split(' ')[1])
    // 4, 16 or 64 KB: the nearest that explains our own memory.
    const estimate = Math.log2(memoryUsage.rss() / pages / 1024)
    this.#page = 1024 * 2 ** (Number.isFinite(estimate) ? Math.round(estimate / 2) * 2 : 2)
  }

  async refresh({ at, slices }: Round): Promise<void> {
    const pids = this.#proc.pids()
    const alive = new Set(pids)
    for (const pid of this.processes.keys()) if (!alive.has(pid)) this.processes.delete(pid)
    const count = Math.min(pids.length, this.#budget)
    for (let i = 0; i < count; i++) {
      this.#read(pids[(this.#next + i) % pids.length]!, at)
      if (slices.due) await slices.rest()
    }
    this.#next = pids.length > this.#budget ? (this.#next + count) % pids.length : 0
  }

  #read(pid: number, at: number): void {
    const stat = this.#proc.readOnce(`${pid}/stat`)
    const end = stat?.lastIndexOf(')') ?? -1
    if (stat === undefined || end < 0) {
      this.processes.delete(pid)
      return
    }
    const fields = stat.slice(end + 2).split(' ')
    const started = Number(fields[19])
    const ticks = Number(fields[11]) + Number(fields[12])
    const known = this.processes.get(pid)
    const process = known?.started === started ? known : newProcess(pid, started, stat, end, fields)
    if (process !== known) this.processes.set(pid, process)
    else if (at > process.readAt) {
      const seconds = (at - process.readAt) / 1000
      const percent = (100 * (ticks - process.ticks)) / TICKS_PER_SECOND / seconds
      process.cpuPercent = twoDigits(Math.min(100 * availableParallelism(), Math.max(0, percent)))
    }
    process.state = fields[0]!
    process.threads = Number(fields[17])
    process.residentBytes = Number(fields[21]) * this.#page
    process.ticks = ticks
    process.readAt = at
    if (!process.kernel && process.state !== 'Z') process.files = this.#proc.openFiles(pid) ?? process.files
  }
}

function newProcess(pid: number, started: number, stat: string, end: number, fields: string[]): Process {
  const name = Buffer.from(stat.slice(stat.indexOf('(') + 1, end), 'latin1').toString('utf8')
  return {
    pid,
    started,
    name,
    kernel: (Number(fields[6]) & KERNEL) !== 0,
    state: '',
    threads: 0,
    residentBytes: 0,
    cpuPercent: undefined,
    files: undefined,
    sockets: [],
    lookedAt: 0,
    lookedFiles: -1,
    hidden: false,
    ticks: 0,
    readAt: 0,
  }
}

/** The first n by a number, the largest first, without those that have none. */
export function top<T>(items: Iterable<T>, n: number, by: (item: T) => number | undefined): T[] {
  return [...items]
    .filter(item => (by(item) ?? 0) > 0)
    .sort((a, b) => by(b)! - by(a)!)
    .slice(0, n)
}
