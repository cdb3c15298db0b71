import { deployed } from '../shop/deploys.ts'
import { type Incident, type Mark, MINUTE } from './incident.ts'

/** Build of the release with the mistake. */
const BAD = 1

export const deployRegression: Incident = {
  name: 'deploy-regression',
  title: 'a release that loses orders',
  story:
    'A release goes out, and from that second on half of all cart and checkout pages fail with an exception never seen before: a new md5. Other pages are ' +
    'fine, so the page load time says nothing; the business metrics do: orders per minute halve. After some minutes the release is rolled back. Put ' +
    'deploys, the new md5 and orders into one picture.',
  queries: [
    'type = exception | count() by version, exception, 10s',
    'type = order | count(), sum(amount) by 1m',
    'type = deploy',
  ],
  play(random) {
    const length = random.between(6, 8) * MINUTE
    const bad = (version: string): string => version.replace(/\d+$/, String(BAD))
    const marks: Mark[] = [
      { at: 0, events: (time, version) => deployed(time, bad(version), version, 'release-train') },
      { at: length - 1, events: (time, version) => deployed(time, version, bad(version), 'on-call') },
    ]
    return { length, marks, conditions: () => ({ cartFailures: 0.5, build: BAD }) }
  },
}
