import { type Incident, MINUTE, ramp } from './incident.ts'

export const loginAttack: Incident = {
  name: 'login-attack',
  title: 'somebody tries stolen passwords',
  story:
    'Failed logins rise from one a minute to many a second. Each user fails only once, so nobody is locked out; by address the picture is plain, because nearly ' +
    'all come from two of them. A few succeed: those are the accounts to close.',
  queries: [
    'type = login and ok = false | count(), uniq(user) by ip | sort count desc | limit 10',
    'type = login | count() by ok, 10s',
    'type = login and ok = true and ip ~ "203.0.113.*"',
  ],
  play(random) {
    const length = random.between(4, 5) * MINUTE
    return { length, conditions: elapsed => ({ attempts: 9 * ramp(elapsed, 0, 10_000) }) }
  },
}
