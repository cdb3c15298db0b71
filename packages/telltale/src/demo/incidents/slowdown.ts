import { SITE } from '../shop/pages.ts'
import { type Incident, MINUTE, ramp } from './incident.ts'

const EVERY = 75_000
const LASTS = 20_000

export const slowdown: Incident = {
  name: 'slowdown',
  title: 'bad repetition beside the good one',
  story:
    'Repetition is not necessarily bad, but you must understand why it occurs. Garbage collection repeats on every host in a steady rhythm, each pause as ' +
    'short as the last: good. The search page on dc0-web02 repeats too: every 75 seconds it turns slow for 20, and each time it is slower than the time ' +
    'before, while the other hosts stay as they were: bad.',
  queries: [
    `type = page_load and url = "${SITE}/search" | p95(execution_time) by hostname, 10s`,
    'type = gc | count(), avg(pause_ms), max(pause_ms) by hostname, 1m',
    'type = page_load and execution_time > 1 | count() by url, hostname | sort count desc | limit 10',
  ],
  play(random) {
    const length = random.between(6, 8) * MINUTE
    return {
      length,
      conditions(elapsed) {
        const slow = elapsed % EVERY < LASTS
        const factor = 4 + 16 * ramp(elapsed, 0, length)
        return slow ? { slowPage: { hostname: 'dc0-web02', url: `${SITE}/search`, factor } } : {}
      },
    }
  },
}
