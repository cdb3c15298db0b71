import { type Incident, MINUTE } from './incident.ts'

const EVERY = 3 * MINUTE
const LASTS = 12_000

export const cronStorm: Incident = {
  name: 'cron-storm',
  title: 'all jobs in the same second',
  story:
    'Somebody scheduled a job for every partner with the same cron line. Every three minutes dozens of them start in the same second, the workers choke, the ' +
    'database disk with them, and mails are late; ten seconds later all is well again. An average over minutes hides it. Look at short buckets and at ' +
    'the distance between the peaks; then spread the schedule.',
  queries: [
    'type = job | count() by queue, 10s',
    'type = job | p95(execution_time) by queue, 10s',
    'type = db_query | p99(execution_time) by 10s',
  ],
  play(random) {
    const phase = random.between(5_000, 30_000)
    return {
      length: 3 * EVERY + phase,
      conditions(elapsed) {
        const storm = elapsed >= phase && (elapsed - phase) % EVERY < LASTS
        return storm ? { extraJobs: 12, diskWait: 14 } : {}
      },
    }
  },
}
