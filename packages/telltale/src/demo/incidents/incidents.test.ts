import { parse } from '@telltale/query'
import { describe, expect, it } from 'vitest'
import type { DemoEvent } from '../shop/moment.ts'
import { story } from '../story.ts'
import { MINUTE } from './incident.ts'
import { incidentNamed, incidents } from './index.ts'

const start = Date.UTC(2026, 10, 22, 12)
const CALM = 5 * MINUTE

/** An incident once, at 200 events/s so that counts mean something, after five calm minutes. Times are relative to its beginning. */
function play(name: string): { calm: DemoEvent[]; events: DemoEvent[]; after: DemoEvent[]; length: number } {
  const calm = { before: CALM, between: CALM }
  const tale = story({ seed: 7, rate: 200, start, incidents: [incidentNamed(name)!], calm })
  const told: DemoEvent[] = []
  let end = Number.POSITIVE_INFINITY
  while (tale.time < end + CALM) {
    const { events, ended } = tale.step()
    told.push(...events.map(event => ({ ...event, time: event.time - start - CALM })))
    if (ended) end = Math.min(end, start + ended.ends)
  }
  const length = end - start - CALM
  return {
    length,
    calm: told.filter(({ time }) => time < 0),
    events: told.filter(({ time }) => time >= 0 && time < length),
    // Requests that began in the incident still end.
    after: told.filter(({ time }) => time >= length + 10_000),
  }
}

function field(event: DemoEvent, name: string): unknown {
  return event.additional_info[name]
}
function of(type: string, events: readonly DemoEvent[]): DemoEvent[] {
  return events.filter(event => event.type === type)
}
function between(from: number, to: number, events: readonly DemoEvent[]): DemoEvent[] {
  return events.filter(({ time }) => time >= from && time < to)
}
function perMinute(events: readonly DemoEvent[], ms: number): number {
  return (events.length * MINUTE) / ms
}
function median(events: readonly DemoEvent[], name: string): number {
  const values = events.map(event => Number(field(event, name))).sort((a, b) => a - b)
  return values[values.length >> 1] ?? Number.NaN
}
function saying(text: string, events: readonly DemoEvent[]): DemoEvent[] {
  return events.filter(event => String(field(event, 'message')).includes(text))
}

describe('every incident', () => {
  it('has a name of its own, a story, and queries that show it', () => {
    expect(new Set(incidents.map(({ name }) => name)).size).toBe(incidents.length)
    for (const { name, story, queries } of incidents) {
      expect(name).toMatch(/^[a-z]+(-[a-z]+)*$/)
      expect(story.length).toBeGreaterThan(150)
      expect(queries.length).toBeGreaterThan(0)
      for (const query of queries) expect(parse(query).error).toBeUndefined()
    }
  })
})

it('parse-query-string: a third of the first minute are exceptions that are really 404s', () => {
  const { calm, events, after } = play('parse-query-string')
  const first = between(0, MINUTE, events)
  const posing = saying('parse-query-string', of('exception', first))
  expect(posing.length).toBeGreaterThan(0.2 * of('page_load', first).length)
  expect(posing.length).toBeGreaterThan(50 * saying('parse-query-string', between(-MINUTE, 0, calm)).length)
  expect(saying('parse-query-string', after).length).toBeLessThan(30)
  expect(field(posing[0]!, 'backtrace')).toContain('shop.routes$parse_query_string')
})

it('slowdown: one page on one host slows down, periodically and each time more, while collections stay regular', () => {
  const { events } = play('slowdown')
  const searches = of('page_load', events).filter(event => String(field(event, 'url')).endsWith('/search'))
  const here = searches.filter(({ hostname }) => hostname === 'dc0-web02')
  const there = searches.filter(({ hostname }) => hostname !== 'dc0-web02')
  const spell = (n: number): DemoEvent[] => between(n * 75_000 + 3_000, n * 75_000 + 20_000, here)
  const pause = (n: number): DemoEvent[] => between(n * 75_000 + 30_000, n * 75_000 + 75_000, here)
  for (const n of [0, 1, 2, 3]) {
    expect(median(spell(n), 'execution_time')).toBeGreaterThan(2.5 * median(pause(n), 'execution_time'))
    expect(median(spell(n + 1), 'execution_time')).toBeGreaterThan(median(spell(n), 'execution_time'))
  }
  expect(median(there, 'execution_time')).toBeLessThan(0.3)

  const times = of('gc', events).filter(({ hostname }) => hostname === 'dc0-web02')
  const gaps = times.slice(1).map(({ time }, n) => time - times[n]!.time)
  for (const gap of gaps) expect(Math.abs(gap / gaps[0]! - 1)).toBeLessThan(0.05)
})

it('pool: exceptions grow as parallelism exceeds the pool, and the database is as fast as ever', () => {
  const { calm, events, length } = play('pool')
  const failed = saying('could not obtain database connection within 5 sec.', of('exception', events))
  expect(saying('could not obtain', calm)).toEqual([])
  expect(between(0, length / 6, failed).length).toBe(0)
  const third = between(length / 6, length / 3, failed).length
  const peak = between(length / 2, (2 * length) / 3, failed).length
  expect(peak).toBeGreaterThan(2 * third)
  const full = of('db_pool', between(length * 0.62, length * 0.7, events))
  expect(full.length).toBeGreaterThan(5)
  for (const { additional_info: pool } of full) {
    expect(pool['busy']).toBe(pool['size'])
    expect(Number(pool['waiting'])).toBeGreaterThan(0)
  }
  for (const { additional_info: pool } of of('db_pool', calm)) expect(Number(pool['busy'])).toBeLessThanOrEqual(20)
  const query = median(of('db_query', events), 'execution_time') / median(of('db_query', calm), 'execution_time')
  expect(Math.abs(query - 1)).toBeLessThan(0.05)
})

it('socket-leak: the rate falls by more than 60 percent, until a restart; it recurs after 5 to 7 minutes, until the fix', () => {
  const { calm, events, after, length } = play('socket-leak')
  const usual = perMinute(of('page_load', calm), CALM)
  const restarts = of('restart', events).map(({ time }) => time)
  expect(restarts.length).toBe(3)
  let begins = 0
  for (const ends of restarts) {
    expect(ends - begins).toBeGreaterThanOrEqual(5 * MINUTE - 1)
    expect(ends - begins).toBeLessThanOrEqual(7 * MINUTE)
    const good = of('page_load', between(begins + 10_000, begins + 2 * MINUTE, events))
    expect(perMinute(good, 2 * MINUTE - 10_000)).toBeGreaterThan(0.85 * usual)
    const bad = between(ends - MINUTE, ends, events)
    expect(perMinute(of('page_load', bad), MINUTE)).toBeLessThan(0.4 * usual)
    const lines = of('log', bad)
    expect(saying('Too many open files', lines).length).toBeGreaterThan(20)
    expect(saying('java.net.UnknownHostException', lines).length).toBeGreaterThan(20)
    const open = of('process', bad).map(event => Number(field(event, 'udp_sockets')))
    expect(Math.max(...open)).toBeGreaterThan(700)
    begins = ends
  }
  expect(saying('Too many open files', [...calm, ...after])).toEqual([])
  expect(of('deploy', events).map(({ additional_info }) => additional_info['app'])).toEqual(['resolver'])
  expect(of('deploy', events)[0]!.time).toBeGreaterThan(length - 1_000)
  expect(perMinute(of('page_load', after), CALM - 10_000)).toBeGreaterThan(0.85 * usual)
})

it('deploy-regression: an exception never seen before, and half of the orders gone, from deploy to rollback', () => {
  const { calm, events, after, length } = play('deploy-regression')
  const deploys = of('deploy', events)
  const versions = new Set(of('page_load', calm).map(event => field(event, 'version')))
  const [good] = versions
  expect(versions.size).toBe(1)
  expect(deploys[0]!.time).toBe(0)
  expect(deploys[0]!.additional_info['previous']).toBe(good)
  expect(of('deploy', between(length - 1000, length, events))[0]!.additional_info['version']).toBe(good)
  const bad = deploys[0]!.additional_info['version']
  const seen = of('page_load', between(10_000, length, events)).map(event => field(event, 'version'))
  expect([...new Set(seen)]).toEqual([bad])
  const broken = saying('discount of cart is nil', of('exception', events))
  expect(broken.length).toBeGreaterThan(100)
  expect(saying('discount of cart', [...calm, ...after])).toEqual([])
  const orders = perMinute(of('order', events), length) / perMinute(of('order', calm), CALM)
  expect(orders).toBeLessThan(0.7)
})

it('cron-storm: jobs in peaks three minutes apart, which slow the database', () => {
  const { calm, events } = play('cron-storm')
  const cron = of('job', events).filter(event => field(event, 'queue') === 'cron')
  const starts = cron.map(event => event.time - 1000 * Number(field(event, 'execution_time'))).sort((a, b) => a - b)
  const storms = starts.filter((time, n) => n === 0 || time - starts[n - 1]! > MINUTE)
  expect(storms.length).toBe(3)
  for (const [n, storm] of storms.slice(1).entries()) expect(Math.round((storm - storms[n]!) / 1000)).toBe(180)
  expect(cron.length).toBeGreaterThan(500)
  const during = median(of('db_query', between(storms[0]!, storms[0]! + 11_000, events)), 'execution_time')
  expect(during).toBeGreaterThan(2 * median(of('db_query', calm), 'execution_time'))
})

it('slow-disk: every query takes longer each minute, on every host', () => {
  const { calm, events, length } = play('slow-disk')
  const quarters = [0, 1, 2, 3].map(n => between((n * length) / 4, ((n + 1) * length) / 4, events))
  const waits = [calm, ...quarters].map(part => median(of('disk', part), 'await_ms'))
  const queries = [calm, ...quarters].map(part => median(of('db_query', part), 'execution_time'))
  expect(waits).toEqual([...waits].sort((a, b) => a - b))
  expect(queries).toEqual([...queries].sort((a, b) => a - b))
  expect(queries[4]!).toBeGreaterThan(5 * queries[0]!)
  expect(of('exception', events).length).toBeLessThan(3 * of('exception', calm).length + 20)
})

it('bad-host: fails half the time, faster than the others answer, and draws more visitors', () => {
  const { calm, events } = play('bad-host')
  const share = (part: readonly DemoEvent[]): number => {
    const loads = of('page_load', part)
    return loads.filter(({ hostname }) => hostname === 'dc0-web03').length / loads.length
  }
  expect(share(calm)).toBeLessThan(0.37)
  expect(share(events)).toBeGreaterThan(0.5)
  const failed = of('page_load', events).filter(event => (field(event, 'http') as { status: number }).status === 500)
  const here = failed.filter(({ hostname }) => hostname === 'dc0-web03')
  expect(here.length).toBeGreaterThan(0.9 * failed.length)
  const others = of('page_load', events).filter(({ hostname }) => hostname !== 'dc0-web03')
  expect(median(here, 'execution_time')).toBeLessThan(0.2 * median(others, 'execution_time'))
  expect(saying('No space left on device', events).length).toBe(
    saying('No space left on device', of('exception', events)).length,
  )
})

it('cache-flush: nothing hits at first, then more and more; queries multiply meanwhile', () => {
  const { calm, events, length } = play('cache-flush')
  const ratio = (part: readonly DemoEvent[]): number => {
    const asked = of('cache', part)
    return asked.filter(event => field(event, 'hit') === true).length / asked.length
  }
  expect(of('restart', events).map(({ hostname, time }) => [hostname, time])).toEqual([['dc0-cache01', 0]])
  expect(ratio(calm)).toBeGreaterThan(0.9)
  expect(ratio(between(1_000, length / 10, events))).toBe(0)
  expect(ratio(between(0.5 * length, 0.6 * length, events))).toBeLessThan(0.4)
  expect(ratio(between(0.9 * length, length, events))).toBeGreaterThan(0.7)
  const queries = perMinute(of('db_query', between(0, length / 4, events)), length / 4)
  expect(queries).toBeGreaterThan(2.5 * perMinute(of('db_query', calm), CALM))
})

it('login-attack: failures by the hundred from few addresses, hardly any user twice', () => {
  const { calm, events } = play('login-attack')
  const failed = (part: readonly DemoEvent[]): DemoEvent[] =>
    of('login', part).filter(event => field(event, 'ok') === false)
  expect(failed(events).length).toBeGreaterThan(20 * (failed(calm).length + 1))
  const addresses = new Map<unknown, number>()
  for (const event of failed(events)) addresses.set(field(event, 'ip'), (addresses.get(field(event, 'ip')) ?? 0) + 1)
  const [first, second] = [...addresses.values()].sort((a, b) => b - a)
  expect(first! + second!).toBeGreaterThan(0.7 * failed(events).length)
})
