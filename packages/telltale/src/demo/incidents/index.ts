import { badHost } from './bad-host.ts'
import { cacheFlush } from './cache-flush.ts'
import { cronStorm } from './cron-storm.ts'
import { deployRegression } from './deploy-regression.ts'
import type { Incident } from './incident.ts'
import { loginAttack } from './login-attack.ts'
import { parseQueryString } from './parse-query-string.ts'
import { pool } from './pool.ts'
import { slowDisk } from './slow-disk.ts'
import { slowdown } from './slowdown.ts'
import { socketLeak } from './socket-leak.ts'

/** Every story the demo can tell, in the order it tells them. */
export const incidents: readonly Incident[] = [
  parseQueryString,
  slowdown,
  pool,
  socketLeak,
  deployRegression,
  cronStorm,
  slowDisk,
  badHost,
  cacheFlush,
  loginAttack,
]

export function incidentNamed(name: string): Incident | undefined {
  return incidents.find(incident => incident.name === name)
}
