import { type Incident, MINUTE, ramp } from './incident.ts'

export const parseQueryString: Incident = {
  name: 'parse-query-string',
  title: '404s that pose as exceptions',
  story:
    'A newsletter went out with a mangled link. Every click on it throws deep inside the application, so the tape turns yellow. Look into any ' +
    'of the exceptions: all say parse-query-string, all have the same md5. These are not exceptions, they are 404s. Classify them as such (see the ' +
    'demo configuration) and they change colour at once, with no client redeployed; then keep such requests away from the whole stack.',
  queries: [
    '"parse-query-string" | count() by hostname, 10s',
    'type in (404, exception) | count() by type, 10s',
    'type = exception | count(), first(message) by md5 | sort count desc | limit 10',
  ],
  play(random) {
    const length = random.between(4, 6) * MINUTE
    const share = random.between(0.3, 0.4)
    return {
      length,
      // Newsletters are opened at once, and then less and less.
      conditions: elapsed => ({
        brokenLinks: share * ramp(elapsed, 0, 15_000) * (1 - 0.6 * ramp(elapsed, MINUTE, length)),
      }),
    }
  },
}
