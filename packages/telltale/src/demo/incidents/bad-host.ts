import { type Incident, MINUTE } from './incident.ts'

export const badHost: Incident = {
  name: 'bad-host',
  title: 'the fastest host is the broken one',
  story:
    'The disk of dc0-web03 is full, and every second request there fails at once. The host is up, but is that what you expect by "up"? Failing is fast, so the ' +
    'load balancer, which prefers whoever answers fastest, sends it more and more visitors: its median load time looks better than ever. Compare hosts by ' +
    'status, not by speed.',
  queries: [
    'type = page_load and http.status >= 500 | count() by hostname, 10s',
    'type = page_load | count(), p50(execution_time) by hostname, 10s',
    '"No space left on device" | count() by hostname',
  ],
  play(random) {
    const length = random.between(4, 6) * MINUTE
    return { length, conditions: () => ({ brokenHost: 'dc0-web03', brokenHostShare: 0.4 }) }
  },
}
