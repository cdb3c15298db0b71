import type { Random } from '../random.ts'
import { APP, WORKERS } from './hosts.ts'
import { type DemoEvent, type Moment, micros, type Part } from './moment.ts'

/** From this share of the leak on, calls that need a file begin to fail. */
export const EXHAUSTED = 0.6

/** What the applications write into their logs. */
export function logs(random: Random): Part {
  function line(hostname: string, level: string, logger: string, message: string, moment: Moment): DemoEvent {
    const time = micros(random.between(moment.from, moment.to))
    return { type: 'log', hostname, time, tags: ['log'], additional_info: { level, logger, message } }
  }

  function usual(moment: Moment): DemoEvent {
    const hostname = random.pick([...APP, ...WORKERS])
    const ms = random.below(400)
    if (random.chance(0.05))
      return line(hostname, 'WARN', 'shop.stock', `stock of product ${random.below(9000) + 1000} is low`, moment)
    if (random.chance(0.3))
      return line(hostname, 'INFO', 'shop.search', `indexed ${random.below(50) + 1} products in ${ms} ms`, moment)
    return line(hostname, 'INFO', 'shop.session', `session s-${random.below(1e6)} opened in ${ms} ms`, moment)
  }

  function exhausted(moment: Moment): DemoEvent {
    const hostname = APP[0]!
    if (random.chance(0.5)) {
      return line(
        hostname,
        'ERROR',
        'org.eclipse.jetty.server',
        'java.net.SocketException: Too many open files',
        moment,
      )
    }
    return line(hostname, 'ERROR', 'shop.http', 'java.net.UnknownHostException: payments.partner.net', moment)
  }

  return function logs(moment) {
    const seconds = (moment.to - moment.from) / 1000
    const { leak } = moment.conditions
    const errors = leak < EXHAUSTED ? 0 : random.poisson(2 * leak * moment.scale * seconds)
    const events = Array.from({ length: random.poisson(moment.views * 0.15) }, () => usual(moment))
    for (let n = 0; n < errors; n++) events.push(exhausted(moment))
    return events
  }
}
