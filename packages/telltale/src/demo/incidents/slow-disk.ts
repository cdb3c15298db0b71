import { type Incident, MINUTE, ramp } from './incident.ts'

export const slowDisk: Incident = {
  name: 'slow-disk',
  title: 'a disk that is dying slowly',
  story:
    'A disk in the database host begins to retry reads. Nothing fails and nothing is logged, yet every query takes a little longer each minute, and so does ' +
    'every page, on all hosts at once. A threshold on page loads fires late; the trend of the disk wait shows it from the first minute.',
  queries: [
    'type = disk | avg(await_ms) by 10s',
    'type = db_query | p50(execution_time), p99(execution_time) by 10s',
    'type = page_load | p50(execution_time) by hostname, 10s',
  ],
  play(random) {
    const length = random.between(5, 7) * MINUTE
    const worst = random.between(40, 60)
    return { length, conditions: elapsed => ({ diskWait: 2 + (worst - 2) * ramp(elapsed, 0, length) }) }
  },
}
