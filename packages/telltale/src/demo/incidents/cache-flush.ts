import { type Incident, MINUTE, ramp } from './incident.ts'

export const cacheFlush: Incident = {
  name: 'cache-flush',
  title: 'an empty cache',
  story:
    'The cache was restarted and comes back empty. For some minutes nearly every page asks the database instead: the hit ratio falls to nothing, the number of ' +
    'queries multiplies, and both recover by themselves as the cache fills. No exception, no alarm from any single host; the cause is one restart event.',
  queries: ['type = cache | count() by hit, 10s', 'type = db_query | count() by 10s', 'type = restart'],
  play(random) {
    const length = random.between(4, 5) * MINUTE
    const restarted = { app: 'cache', by: 'cron', reason: 'update' }
    return {
      length,
      marks: [
        {
          at: 0,
          events: time => [
            { type: 'restart', hostname: 'dc0-cache01', time, tags: ['change'], additional_info: restarted },
          ],
        },
      ],
      conditions: elapsed => ({ cacheHits: 0.93 * ramp(elapsed, 0.1 * length, length) ** 2 }),
    }
  },
}
