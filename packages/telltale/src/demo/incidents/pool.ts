import { type Incident, MINUTE, ramp } from './incident.ts'

export const pool: Incident = {
  name: 'pool',
  title: 'could not obtain database connection within 5 sec.',
  story:
    'More and more requests run at the same time, but each application host has 20 database connections. First the pools are full, then requests wait, then ' +
    'they give up after 5 seconds: "could not obtain database connection within 5 sec." The database itself is as fast as ever, so a faster one would not ' +
    'help. Tweak parallelism or the size of the pool.',
  queries: [
    '"could not obtain database connection" | count() by hostname, 10s',
    'type = db_pool | max(busy), max(waiting), min(size) by hostname, 10s',
    'type = page_load | p50(execution_time), p99(execution_time) by 10s',
    'type = db_query | p99(execution_time) by 10s',
  ],
  play(random) {
    const length = random.between(5, 7) * MINUTE
    const peak = random.between(5, 7)
    return {
      length,
      conditions: elapsed => ({
        parallelism: 1 + (peak - 1) * ramp(elapsed, 0, 0.7 * length) * (1 - ramp(elapsed, length - 20_000, length)),
      }),
    }
  },
}
