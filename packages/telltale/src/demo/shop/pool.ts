import type { Random } from '../random.ts'
import { APP } from './hosts.ts'
import { beats, type Moment, type Part } from './moment.ts'

/** Connections each application host may have. */
export const POOL_SIZE = 20
/** Connections wanted at the same time on an average moment. */
const USUAL_DEMAND = 8
const EVERY = 5_000

/** How many requests of one host want a connection at once. */
export function demand({ daylight, conditions }: Moment): number {
  return (USUAL_DEMAND * Math.sqrt(daylight) + conditions.diskWait / 4) * conditions.parallelism
}

/** Share of requests that find no free connection. */
export function starved(moment: Moment): number {
  const wanted = demand(moment)
  return wanted > POOL_SIZE ? (wanted - POOL_SIZE) / wanted : 0
}

/** The connection pools tell how full they are. */
export function pool(random: Random): Part {
  return function pool(moment) {
    return APP.flatMap((hostname, n) =>
      [...beats(moment, EVERY, 700 + n * 1_300)].map(time => {
        const wanted = random.poisson(demand(moment))
        const busy = Math.min(POOL_SIZE, wanted)
        const waiting = wanted - busy
        const wait_ms = waiting === 0 ? 0 : Math.round(random.logNormal(400 * (waiting / busy + 0.2), 0.4))
        const info = { pool: 'shop', size: POOL_SIZE, busy, idle: POOL_SIZE - busy, waiting, wait_ms }
        return { type: 'db_pool', hostname, time, tags: ['metrics'], additional_info: info }
      }),
    )
  }
}
