import { type Random, zipf } from '../random.ts'
import { WEB } from './hosts.ts'
import { micros, type Part } from './moment.ts'
import { drawUser } from './pages.ts'

/** Where lists of stolen passwords are tried from: few addresses, nearly all of it from two of them. */
const drawAddress = zipf(['203.0.113.66', '203.0.113.67', '198.51.100.9', '192.0.2.14'], 1.5)

/** Attempts to log in with stolen passwords. (Ordinary logins belong to the visits.) */
export function attempts(random: Random): Part {
  return function attempts({ from, to, scale, conditions }) {
    const count = random.poisson((conditions.attempts * scale * (to - from)) / 1000)
    return Array.from({ length: count }, () => {
      const info = { user: drawUser(random), ok: random.chance(0.004), ip: drawAddress(random) }
      const time = micros(random.between(from, to))
      return { type: 'login', hostname: random.pick(WEB), time, tags: ['security'], additional_info: info }
    })
  }
}
