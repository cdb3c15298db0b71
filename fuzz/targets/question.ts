import { readQuestion } from '../../packages/server/src/question.ts'
import { spanOf } from '../../packages/server/src/span.ts'
import { mutated } from '../mutate.ts'
import { must, type Target } from '../target.ts'

const SAMPLES = [
  '{"query":"type = exception | count() by md5","from":"-1h","to":"now","limit":100}',
  '{"query":"*","from":1795132800000,"to":"2026-11-22T10:00:00.123456+01:00"}',
  '{"query":"last 24h | count() by 1m","limit":null}',
  '{"query":"* | p99(x) over 5m every 5s","from":"-15m","to":"","limit":"7"}',
  '{"query":{"kind":"query"},"from":{},"to":[],"limit":{}}',
  '{"from":"-1.5w","to":"9999","limit":1e9}',
]

export const question: Target = {
  name: 'question',
  about: 'what a request asks (query, from, to, limit, of any type): a query and a range of numbers, or a reason',
  few: 10_000,
  make: random =>
    random.chance(0.1) ? Buffer.from(random.of(SAMPLES)) : mutated(random, Buffer.from(random.of(SAMPLES)), 4),
  run(input) {
    let asked: unknown
    try {
      asked = JSON.parse(input.toString('utf8'))
    } catch {
      return
    }
    const found = readQuestion((asked ?? {}) as object, 1.7e12)
    spanOf((asked ?? {}) as object, 1.7e12)
    if ('error' in found) {
      must(
        found.error.message !== '' && found.error.message.length < 5000,
        () => `a message of ${found.error.message.length} characters`,
      )
      return
    }
    const { from, to } = found.scope
    must(!Number.isNaN(from) && !Number.isNaN(to), () => `from ${from} to ${to}`)
    must((found.query.limit ?? 0) >= 0, () => `limit ${found.query.limit}`)
  },
}
