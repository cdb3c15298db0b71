import { totalmem } from 'node:os'
import type { Json } from '@telltale/event'
import type { Proc } from './proc.ts'
import { type Process, type ProcessTable, top } from './process-table.ts'
import { percent } from './rates.ts'
import type { Probe, Vital } from './vital.ts'

/**
 * Who uses the machine: `host_processes`, `host_files`, and a `host_process` for each that is among the first by
 * processor, memory or open files.
 */
export class ProcessesProbe implements Probe {
  readonly #proc: Proc
  readonly #table: ProcessTable
  readonly #top: number

  /** @param first how many processes are told of by each measure */
  constructor(proc: Proc, table: ProcessTable, first: number) {
    this.#proc = proc
    this.#table = table
    this.#top = first
  }

  measure(): Vital[] {
    const all = [...this.#table.processes.values()]
    const living = all.filter(process => process.state !== 'Z')
    const byCpu = top(living, this.#top, process => process.cpuPercent)
    const byMemory = top(living, this.#top, process => process.residentBytes)
    const byFiles = top(living, this.#top, process => process.files)
    const vitals = new Map([...byCpu, ...byMemory, ...byFiles].map(process => [process, this.#process(process)]))
    const brief = (processes: Process[], ...fields: string[]): Json[] =>
      processes.map(process => pick(vitals.get(process)!, 'pid', 'process', ...fields))
    const [running, blocked, zombies] = ['R', 'D', 'Z'].map(state => all.filter(each => each.state === state).length)
    return [
      {
        type: 'host_processes',
        count: all.length,
        running,
        blocked,
        zombies,
        threads: all.reduce((sum, each) => sum + each.threads, 0),
        top_by_cpu: brief(byCpu, 'cpu_percent'),
        top_by_memory: brief(byMemory, 'resident_bytes', 'memory_percent'),
      },
      ...this.#files(brief(byFiles, 'open_files', 'open_files_limit', 'open_files_percent')),
      ...vitals.values(),
    ]
  }

  #process(process: Process): Vital {
    const limit = this.#limit(process.pid)
    return {
      type: 'host_process',
      pid: process.pid,
      process: process.name,
      state: process.state,
      cpu_percent: process.cpuPercent,
      resident_bytes: process.residentBytes,
      memory_percent: percent(process.residentBytes, totalmem()),
      threads: process.threads,
      open_files: process.files,
      open_files_limit: limit,
      open_files_percent:
        process.files === undefined || limit === undefined ? undefined : percent(process.files, limit),
    }
  }

  #files(first: Json[]): Vital[] {
    const [open, , limit] = (this.#proc.read('sys/fs/file-nr') ?? '').trim().split(/\s+/).map(Number)
    if (open === undefined || limit === undefined) return []
    return [{ type: 'host_files', open, limit, percent: percent(open, limit), top: first }]
  }

  #limit(pid: number): number | undefined {
    const soft = /^Max open files +(\d+)/m.exec(this.#proc.read(`${pid}/limits`) ?? '')?.[1]
    return soft === undefined ? undefined : Number(soft)
  }
}

function pick(vital: Vital, ...fields: string[]): Record<string, Json> {
  const picked: Record<string, Json> = {}
  for (const field of fields) if (vital[field] !== undefined) picked[field] = vital[field]
  return picked
}
