import type { Random } from '../random.ts'
import { APP, DB, WEB } from './hosts.ts'
import { beats, type DemoEvent, type Moment, micros, type Part } from './moment.ts'

const GB = 2 ** 30
/** Files a process may have open. */
export const MAX_FILES = 1024

/** Garbage collection: a good repetition. Every host in its own steady rhythm, a young collection after each filling of eden. */
export function garbage(random: Random): Part {
  const machines = [...WEB, ...APP].map((hostname, n) => ({ hostname, every: 15_000 + n * 2_000, old: 0.9 + 0.1 * n }))

  function collected({ hostname, old }: (typeof machines)[number], time: number, n: number): DemoEvent {
    const full = n % 40 === 39
    const kept = old + ((n % 40) / 40) * 0.6
    const before = Math.round((kept + 1.2 + random.between(0, 0.1)) * GB)
    const after = Math.round((full ? old : kept + random.between(0, 0.05)) * GB)
    const pause = full ? random.logNormal(310, 0.1) : random.logNormal(28, 0.12)
    const additional_info = {
      gc: full ? 'ConcurrentMarkSweep' : 'ParNew',
      pause_ms: Math.round(pause * 100) / 100,
      heap_before: before,
      heap_used: after,
      heap_max: 4 * GB,
    }
    return {
      type: 'gc',
      hostname,
      time: micros(time + random.between(0, 300)),
      tags: ['metrics', 'jvm'],
      additional_info,
    }
  }

  return function garbage(moment) {
    return machines.flatMap((machine, n) =>
      [...beats(moment, machine.every, n * 3_100)].map(time =>
        collected(machine, time, Math.round((moment.elapsed + time - moment.from) / machine.every)),
      ),
    )
  }
}

/** What the operating system knows of the application's processes and the database's disk. */
export function vitals(random: Random): Part {
  function process(hostname: string, time: number, { conditions }: Moment): DemoEvent {
    const files = 170 + random.poisson(12)
    const udp_sockets = 2 + Math.round(conditions.leak * (MAX_FILES - 210))
    const open_files = Math.min(MAX_FILES, files + udp_sockets)
    const additional_info = {
      name: 'java',
      pid: 25673,
      open_files,
      max_files: MAX_FILES,
      udp_sockets,
      threads: 88 + random.poisson(9),
    }
    return { type: 'process', hostname, time, tags: ['metrics'], additional_info }
  }

  function disk(time: number, { conditions }: Moment): DemoEvent {
    const await_ms = Math.round(random.logNormal(conditions.diskWait, 0.15) * 100) / 100
    const busy_percent = Math.min(100, Math.round(conditions.diskWait * 4 + random.poisson(9)))
    const additional_info = { device: 'sda', await_ms, busy_percent, used_percent: 61 }
    return { type: 'disk', hostname: DB, time, tags: ['metrics'], additional_info }
  }

  return function vitals(moment) {
    const events: DemoEvent[] = []
    for (const time of beats(moment, 10_000, 2_000)) {
      // Only the first application host runs the release with the leak.
      for (const hostname of APP) {
        const leaking = hostname === APP[0]
        events.push(
          process(hostname, time, leaking ? moment : { ...moment, conditions: { ...moment.conditions, leak: 0 } }),
        )
      }
    }
    for (const time of beats(moment, 10_000, 4_000)) events.push(disk(time, moment))
    return events
  }
}
