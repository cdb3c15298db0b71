import { setImmediate as turn } from 'node:timers/promises'
import type { Subscribe } from '../../packages/server/src/live.ts'
import { smallHouse } from '../house.ts'
import { mutated } from '../mutate.ts'
import { texts } from '../query-texts.ts'
import { must, type Target } from '../target.ts'

let house: ReturnType<typeof smallHouse>

/** Messages of one subscriber, a line each. */
export const live: Target = {
  name: 'live',
  about:
    'messages of the live protocol: each is answered with an id of its own or null, and those who look elsewhere are not disturbed',
  few: 100,
  make(random) {
    const message = (): string => {
      const id = random.of(['a', 'b', 'c', '', 5, null, 'x'.repeat(200)])
      if (random.chance(0.15)) return JSON.stringify({ id, unsubscribe: random.of([true, 1, {}]) })
      const from = random.of(['-15m', 'now', '0', 1e12, undefined, {}, '2026-11-22'])
      return JSON.stringify({ id, query: random.of(texts()), from, limit: random.of([undefined, 10, 1e9, 'x']) })
    }
    const lines = Buffer.from([message(), ...random.some(4, message)].join('\n'))
    return random.chance(0.5) ? lines : mutated(random, lines, 3)
  },
  async open() {
    house = smallHouse()
  },
  async run(input) {
    house ??= smallHouse()
    const { live, pipeline, clock } = house
    const said: { id: unknown }[] = []
    const { receive, leave } = live.join({ waiting: 0, send: text => said.push(JSON.parse(text) as { id: unknown }) })
    let messages = 0
    for (const line of input.toString('utf8').split('\n')) {
      let message: Subscribe
      try {
        message = JSON.parse(line) as Subscribe
      } catch {
        continue
      }
      messages++
      receive(message)
    }
    receive({ id: 'good', query: 'type = good' })
    await turn()
    pipeline.take(Buffer.from('{"type":"good"}'), { channel: 'x', address: 'h' })
    await pipeline.flush()
    clock.advance(20)
    await turn()
    must(
      said.filter(({ id }) => id === 'good').length >= (messages < 50 ? 2 : 0),
      () => `${messages} messages, then: ${JSON.stringify(said).slice(0, 500)}`,
    )
    must(
      said.every(({ id }) => id === null || typeof id === 'string'),
      () => 'an id that is none',
    )
    leave()
    must(live.size === 0, () => `${live.size} subscribers are left`)
  },
}
