import type { Random } from '../random.ts'
import { APP } from '../shop/hosts.ts'
import { EXHAUSTED } from '../shop/logs.ts'
import { type Incident, type Mark, MINUTE, ramp } from './incident.ts'

export const socketLeak: Incident = {
  name: 'socket-leak',
  title: 'every third or fourth request answered',
  story:
    'Suddenly the rate of page loads falls to less than a third: the server answers only every third or fourth request. It works fine after a restart, and 5 to ' +
    '7 minutes later it happens again. Somewhere in the logs: "Too many open files" and java.net.UnknownHostException. The application leaks a UDP ' +
    'socket per name it looks up; the demo really opens them, so the host vitals show them (and so does lsof -nP -iUDP). Two restarts later ' +
    'someone fixes the leak and deploys.',
  queries: [
    'type = page_load | count() by 10s',
    'type = process | max(udp_sockets), max(open_files) by hostname, 10s',
    'type = host_process_sockets | max(udp) by process, pid, 10s',
    '"Too many open files" or "java.net.UnknownHostException" | count() by type, hostname, 10s',
    'type = restart',
  ],
  play(random) {
    const lives = [life(random), life(random), life(random)]
    const ends = lives.map((_, n) => lives.slice(0, n + 1).reduce((sum, life) => sum + life, 0))
    const length = ends.at(-1)!
    const marks = ends.map((at, n): Mark => ({ at: at - 1, events: n === ends.length - 1 ? fix : restart }))
    return {
      length,
      marks,
      conditions(elapsed) {
        const n = Math.max(
          0,
          ends.findIndex(end => elapsed < end),
        )
        const age = elapsed - (ends[n]! - lives[n]!)
        const leak = ramp(age, 0, 0.85 * lives[n]!)
        return { leak, answered: leak < EXHAUSTED ? 1 : 0.28 }
      },
    }
  },
}

/** How long the application lasts from start to restart. */
function life(random: Random): number {
  return Math.round(random.between(5, 7) * MINUTE)
}

const restart: Mark['events'] = time => [
  {
    type: 'restart',
    hostname: APP[0]!,
    time,
    tags: ['change'],
    additional_info: { app: 'shop', by: 'on-call', reason: 'does not answer' },
  },
]

const fix: Mark['events'] = (time, version) => [
  {
    type: 'deploy',
    hostname: APP[0]!,
    time,
    tags: ['change'],
    additional_info: { app: 'resolver', version: '1.0.8', previous: '1.0.7', by: 'on-call' },
  },
  ...restart(time, version),
]
