import { type Batch, batchOf, type EventInput, SimulatedClock } from '@telltale/event'
import { parse } from '@telltale/query'
import { expect, test } from 'vitest'
import {
  canStand,
  counter,
  gauge,
  type Machine,
  meter,
  type Named,
  type Saved,
  type Standing,
  standing,
} from './index.ts'

const START = 1e12

function made(options: Parameters<typeof standing>[0] = {}) {
  const clock = new SimulatedClock(START)
  const set = standing({ clock, ...options })
  let seq = 1
  const batch = (events: EventInput[]): Batch => {
    const { batch } = batchOf(events, { hostname: 'h', receivedAt: clock.now(), trusted: true })
    batch.seq = seq
    batch.collector = 'c'
    seq += events.length
    return batch
  }
  return {
    clock,
    set,
    batch,
    send: (...events: EventInput[]) => set.update(batch(events)),
    skip: (events: number) => void (seq += events),
    stand(query: string, options?: Parameters<typeof set.stand>[2]): Standing {
      const one = set.stand(query, query, options)
      if ('message' in one) throw new Error(one.message)
      return one
    },
  }
}

function reason(text: string, options: Parameters<typeof canStand>[1] = {}): string {
  const cost = canStand(parse(text).query!, options)
  return 'message' in cost ? `${cost.message}; ${cost.hint}` : ''
}

test('whether a query can stand is answered before it stands, with what to add', () => {
  expect(canStand(parse('count() by url over 1m').query!)).toMatchObject({ keys: 10_000, panes: 60 })
  expect(canStand(parse('last 1h | count() by 1m').query!)).toMatchObject({ keys: 1, panes: 61 })
  expect(canStand(parse('count()').query!)).toMatchObject({ keys: 1, panes: 1 })
  expect(reason('type = a')).toContain('add an aggregate')
  expect(reason('type = a | sort n')).toContain('cannot be sorted before the last has come')
  expect(reason('count() by 1m')).toContain('a row per 1m would be added for ever; begin with a range such as last 24h')
  expect(reason('count() by url', { maxKeys: Number.POSITIVE_INFINITY })).toContain('set a cap on keys')
  expect(reason('count() by url over 1m', { span: { kind: 'between', from: 0, to: 1 } })).toContain('cannot slide')
  expect(reason('last 1h | count() over 10 events')).toContain('cannot also be one of time')
  expect(reason('last 1d | p99(x), uniq(y) by 1s', { memory: 1e6 })).toMatch(
    /one key needs about \d+ MB in 86401 panes/,
  )
  const doubling = Array.from(
    { length: 12 },
    (_, i) => `| set x${i} = ${i === 0 ? 'n' : `x${i - 1} + x${i - 1}`}`,
  ).join(' ')
  expect(reason(`* ${doubling} | sum(x11)`)).toMatch(/held against its \d+ parts/)
  const { set } = made()
  expect(set.stand('a', 'type = = a')).toMatchObject({ position: 7 })
  expect(set.stand('a', 'count() by 1m')).toHaveProperty('hint')
  expect(set.stats.queries).toBe(0)
})

test('a window empties by the clock alone, and says so', () => {
  const { clock, send, stand } = made()
  const one = stand('count() by hostname over 10s')
  const whole = stand('count() over 10s')
  const seen: unknown[] = []
  one.onChange(standing => seen.push(standing.result().rows.map(row => row.slice(0, 1).concat(row[2]))))
  send({ hostname: 'a' }, { hostname: 'b' }, { hostname: 'a' })
  expect(seen).toEqual([
    [
      ['a', 2],
      ['b', 1],
    ],
  ])
  clock.advance(9_000)
  expect(one.result().rows).toHaveLength(2)
  clock.advance(2_000)
  expect(seen.at(-1)).toEqual([])
  expect(one.stats.keys).toBe(0)
  expect(whole.result().rows).toEqual([[START + 12_000, 0]])
})

test('late events revise, those too late and those too far ahead are counted', () => {
  const { clock, send, stand } = made({ ahead: 60_000 })
  const one = stand('sum(n) over 10s')
  clock.advance(60_000)
  send({ n: 1, time: START + 60_000 }, { n: 2, time: START + 55_000 }, { n: 4, time: START + 49_000 })
  expect(one.result().rows[0]![1]).toBe(3)
  send({ n: 8, time: START + 51_000 }, { n: 16, time: START + 90_000 }, { n: 32, time: START + 200_000 })
  expect(one.result().rows[0]![1]).toBe(11)
  expect(one.stats).toMatchObject({ late: 1, ahead: 1, events: 4 })
  expect(one.coverage).toBe('approximate: 1 events were too far ahead of the clock')
  clock.advance(30_000)
  expect(one.result().rows[0]![1]).toBe(16)
})

test('keys beyond the cap go, those unused longest first, and are counted', () => {
  const { send, stand } = made({ maxKeys: 3 })
  const one = stand('count() by k')
  send({ k: 1 }, { k: 2 }, { k: 3 })
  send({ k: 4 })
  send({ k: 3 }, { k: 5 }, { k: 3 })
  const keys = one.result().rows.map(row => row[0])
  expect(keys).toHaveLength(3)
  expect(keys).toEqual(expect.arrayContaining([3, 5]))
  expect(one.stats).toMatchObject({ keys: 3, evicted: 2 })
  expect(one.coverage).toBe('approximate: 2 keys had to go, beyond 3')
  const { clock, ...many } = made({ memory: 40_000 })
  const heavy = many.stand('top(n) by k')
  for (let i = 0; i < 40; i++) {
    many.send(...Array.from({ length: 500 }, (_, n) => ({ k: i, n: n % 100 })))
    clock.advance(250)
  }
  expect(heavy.stats.evicted).toBeGreaterThan(5)
  expect(heavy.stats.keys).toBeGreaterThan(5)
})

test('equal filters are run once, equalities are found by the values that occur', () => {
  const { send, set, stand } = made()
  const all = [
    stand('type = a | count()'),
    stand('type = a | count() by n'),
    stand('type = b and n > 1 | sum(n)'),
    stand('type in (a, b) | count()'),
    stand('tag:x and n = 2 | count()'),
    stand('n = 2 | count()'),
    stand('n > 1 | count()'),
    stand('count()'),
  ]
  expect(set.stats).toEqual({ queries: 8, machines: 0, filters: 7, indexed: 5 })
  send({ type: 'a', n: 1 }, { type: 'b', n: 2 }, { type: 'c', n: [2, 2, 3], tags: ['x'] }, { type: 'b', n: '2' })
  expect(all.map(one => one.result().rows.at(-1)?.at(-1))).toEqual([1, 1, 2, 3, 1, 2, 2, 4])
  for (const one of all) one.stop()
  expect(set.stats).toEqual({ queries: 0, machines: 0, filters: 0, indexed: 0 })
})

test('a filter is run once for all that have it, and not at all where no event has the value it wants', () => {
  const { send, set, stand } = made()
  const all = Array.from({ length: 300 }, (_, i) => stand(`type = t${i % 100} and n > 1 | count() over ${i + 1}s`))
  const loose = Array.from({ length: 50 }, (_, i) => stand(`n > 1 | sum(n) over ${i + 1}s`))
  expect(set.stats).toMatchObject({ queries: 350, filters: 101, indexed: 100 })
  const count = (...events: EventInput[]): number => {
    const before = set.filterRuns
    send(...events)
    return set.filterRuns - before
  }
  // The one that is in no index runs over every batch; of the hundred others those whose type there is.
  expect(count({ type: 'other', n: 5 })).toBe(1)
  expect(count({ type: 't1', n: 5 }, { type: 't1', n: 6 }, { type: 't7', n: 0 }, { type: 't99', n: 2 })).toBe(4)
  expect(count(...Array.from({ length: 500 }, (_, n) => ({ type: 't1', n })))).toBe(2)
  expect([all[1], all[101], all[201]].map(one => one!.stats.events)).toEqual([500, 500, 500])
  expect(all[7]!.stats.events).toBe(0)
  for (const one of loose) expect(one.stats.events).toBe(502)
  // When the last that has it goes, it is run no more.
  for (const one of loose) one.stop()
  expect(count({ type: 'other', n: 5 })).toBe(0)
  for (const i of [1, 101]) all[i]!.stop()
  expect(count({ type: 't1', n: 5 })).toBe(1)
  all[201]!.stop()
  expect(count({ type: 't1', n: 5 })).toBe(0)
})

test('late events revise a window that has been read, as if they had come in time', () => {
  const { clock, set, batch, stand } = made()
  const text = 'count(), p50(n), p99(n), min(n), max(n), histogram(n), avg(n), uniq(n) by k over 20s'
  const one = stand(text)
  let random = 1
  const next = (below: number): number => {
    random = (Math.imul(random, 1103515245) + 12345) >>> 0
    return (random >>> 8) % below
  }
  const came: EventInput[] = []
  let late = 0
  for (let i = 0; i < 200; i++) {
    clock.advance(next(1500))
    const events = Array.from({ length: next(20) }, () => {
      const ago = next(3) === 0 ? next(25_000) : next(1000)
      return { k: next(4), n: next(1000) / 8, time: clock.now() - ago }
    })
    came.push(...events)
    if (events.length > 0) set.update(batch(events))
    if (next(2) === 0) continue
    const fresh = standing({ clock })
    const other = fresh.stand(text, text) as Standing
    fresh.update(batchOf(came, { hostname: 'h', receivedAt: START, trusted: true }).batch)
    expect(one.result().rows).toEqual(other.result().rows)
    expect(one.stats.keys).toBe(other.stats.keys)
    late = one.stats.late
    fresh.stop()
  }
  expect(late).toBeGreaterThan(10)
})

test('batches seen before are ignored, missed ones are told of', () => {
  const { batch, skip, set, stand } = made()
  const one = stand('count()')
  const first = batch([{}, {}, {}])
  set.update(first)
  set.update(first)
  expect(one.result().rows).toEqual([[3]])
  const overlapping = batch([{}, {}])
  const { batch: all } = batchOf([{}, {}, {}, {}], { hostname: 'h', receivedAt: START })
  all.seq = 2
  all.collector = 'c'
  set.update(all)
  set.update(overlapping)
  expect(one.result().rows).toEqual([[5]])
  expect(one.coverage).toBe('exact')
  skip(5)
  set.update(batch([{}]))
  expect(one.result().rows).toEqual([[6]])
  expect(one.coverage).toBe('not covered: 5 events were missed')
})

test('who listens hears that events were missed, though none of them matched what came', () => {
  const { batch, skip, set, stand } = made()
  const one = stand('type = rare | count()')
  set.update(batch([{}]))
  const heard: boolean[] = []
  one.onChange(({ lacks }) => heard.push(lacks))
  set.update(batch([{}]))
  skip(2)
  set.update(batch([{}]))
  expect(heard).toEqual([true])
})

test('a clock that went ahead and came back has let go of what counts again, and that is said, also after a restart', () => {
  const { clock, send, set, stand } = made()
  const one = stand('last 1h | count()')
  const all = stand('count()')
  send({}, {}, {})
  clock.jump(7200_000)
  clock.advance(1000)
  expect([one.result().rows, one.lacks, one.coverage]).toEqual([[[0]], false, 'exact'])
  const saved = set.save()
  const heard: boolean[] = []
  one.onChange(({ lacks }) => heard.push(lacks))
  clock.jump(-7199_000)
  one.sweep()
  send({})
  expect(heard.at(-1)).toBe(true)
  expect(one.coverage).toBe('not covered: the clock went back to times that had passed')
  expect([all.lacks, all.coverage]).toEqual([false, 'exact'])
  const two = made()
  two.set.restore(saved)
  two.send({}, {}, {}, {})
  const again = two.stand('last 1h | count()')
  again.sweep()
  expect([again.lacks, two.stand('count()').lacks]).toEqual([true, false])
})

test('events that were too far ahead are missed once the clock is there, also after a restart', () => {
  const { clock, send, set, stand } = made()
  const one = stand('last 1h | count()')
  const heard: string[] = []
  one.onChange(({ coverage }) => heard.push(coverage))
  send({ time: START + 400_000 })
  const told = 'approximate: 1 events were too far ahead of the clock'
  expect([heard, one.lacks]).toEqual([[told], false])
  const saved = set.save()
  clock.advance(200_000)
  expect(heard.at(-1)).toBe('not covered: 1 events were missed')
  expect([one.lacks, one.stats.ahead]).toEqual([true, 0])
  const two = made()
  two.set.restore(saved)
  const again = two.stand('last 1h | count()')
  again.sweep()
  expect(again.lacks).toBe(true)
})

test('the past must end where the counting begins', () => {
  const { send, stand } = made()
  const one = stand('count()', { after: 2 })
  send({}, {}, {}, {})
  expect(one.result().rows).toEqual([[2]])
  const past = { kind: 'groups' as const, groups: new Map([['[]', { key: [], states: [2] }]]), scanned: 2 }
  expect(() => one.hydrate(past, 1)).toThrow('its past must end at 2; found 1')
  expect(() => one.hydrate(past, 3)).toThrow('found 3')
  one.hydrate(past, 2)
  expect(one.result().rows).toEqual([[4]])
})

test('one of the same name and question goes on, another question begins anew', () => {
  const { send, set } = made()
  const one = set.stand('x', 'count()') as Standing
  send({}, {})
  expect(set.stand('x', '* | count()')).toBe(one)
  const other = set.stand('x', 'type = a | count()') as Standing
  expect(other).not.toBe(one)
  expect(set.get('x')).toBe(other)
  expect(set.stats.queries).toBe(1)
})

test('what throws harms only itself', () => {
  const { send, stand } = made()
  const one = stand('count()')
  let calls = 0
  one.onChange(() => {
    throw new Error('no')
  })
  const end = one.onChange(() => calls++)
  send({})
  end()
  send({})
  expect(calls).toBe(1)
  expect(one.stats).toMatchObject({ errors: 2, events: 2 })
})

test('a change of state is told, key by key; saved and restored it is not told again', () => {
  const { clock, set, send } = made()
  const follow = { filter: 'type = check', field: 'state', by: ['hostname'] }
  const told: unknown[] = []
  const watch = set.changed('state', follow) as Machine<unknown, unknown>
  watch.onTransition(list => told.push(...list))
  const check = (hostname: string, state: unknown): EventInput => ({ type: 'check', hostname, state }) as EventInput
  send(check('a', 'ok'), check('a', 'ok'), check('b', 'ok'), check('a', 'bad'), check('a', null), { type: 'other' })
  send(check('b', 'bad'), check('b', 'ok'))
  expect(told).toEqual([
    { key: ['a'], transition: { from: 'ok', to: 'bad', time: START, seq: 4 } },
    { key: ['b'], transition: { from: 'ok', to: 'bad', time: START, seq: 7 } },
    { key: ['b'], transition: { from: 'bad', to: 'ok', time: START, seq: 8 } },
  ])
  const saved = JSON.parse(JSON.stringify(set.save())) as Saved
  const next = standing({ clock })
  next.restore(saved)
  const again = next.changed('state', follow) as Machine<unknown, unknown>
  expect(again.state('a')).toBe('bad')
  const { batch } = batchOf([check('a', 'bad'), check('a', 'ok')], { hostname: 'h', receivedAt: START, trusted: true })
  again.onTransition(list => told.push(...list))
  next.update(batch)
  expect(told.slice(3)).toMatchObject([{ key: ['a'], transition: { from: 'bad', to: 'ok' } }])
})

test('a machine goes from state to state; a step that throws changes nothing', () => {
  const { set, send } = made()
  const logins = set.machine('logins', {
    filter: 'type = login',
    by: ['user'],
    init: 0,
    step(failures: number, event) {
      if (event['user'] === 'oops') throw new Error('no')
      if (event['ok'] === true) return [0, failures >= 3 ? ['guessed'] : []]
      return [failures + 1, []]
    },
  }) as Machine<number, string>
  const told: unknown[] = []
  logins.onTransition(list => told.push(...list))
  const login = (user: string, ok: boolean): EventInput => ({ type: 'login', user, ok })
  send(login('eve', false), login('bob', false), login('eve', false), login('oops', false), login('eve', false))
  send(login('bob', true), login('eve', true))
  expect(told).toEqual([{ key: ['eve'], transition: 'guessed' }])
  expect(logins.state('bob')).toBe(0)
  expect(logins.stats).toEqual({ keys: 2, evicted: 0, errors: 1 })
  expect(set.machine('bad', { filter: 'count()', init: 0, step: () => [0, []] })).toHaveProperty('message')
})

test('counters, gauges and meters have a name and a value', () => {
  const { clock, set, send } = made()
  const ok = <T>(one: Named<T> | object): Named<T> => one as Named<T>
  const logins = ok<number>(counter(set, 'logins', 'type = login'))
  const heap = ok<number>(gauge(set, 'heap', 'heap_used'))
  const rate = ok<unknown>(meter(set, 'rate'))
  expect([logins.read(), heap.read(), rate.read()]).toEqual([0, null, { count: 0, m1: 0, m5: 0, m15: 0 }])
  send({ type: 'login' }, { type: 'login' }, { heap_used: 5 }, { heap_used: 7, time: START - 1000 })
  for (let i = 0; i < 56; i++) send({ type: 'tick' })
  expect([logins.read(), heap.read(), rate.read()]).toEqual([2, 5, { count: 60, m1: 1, m5: 0.2, m15: 60 / 900 }])
  clock.advance(120_000)
  expect(rate.read()).toEqual({ count: 60, m1: 0, m5: 0.2, m15: 60 / 900 })
  expect(set.stats).toMatchObject({ queries: 6, filters: 2 })
  rate.stop()
  expect(set.stats.queries).toBe(2)
  expect(counter(set, 'x', 'count()')).toHaveProperty('message')
  expect(meter(set, 'x', 'type = = a')).toHaveProperty('message')
})

test('another collector’s seqs begin anew, also after a restore', () => {
  const { clock, send, set, stand, batch } = made()
  const one = stand('count()')
  send({}, {}, {})
  const other = batch([{}, {}])
  other.seq = 1
  other.collector = 'd'
  set.update(other)
  set.update(other)
  expect(one.result().rows).toEqual([[5]])
  const next = standing({ clock })
  next.restore(set.save())
  const again = next.stand('count()', 'count()') as Standing
  next.update(other)
  expect(again.result().rows).toEqual([[5]])
  const third = batch([{}])
  third.seq = 1
  third.collector = 'e'
  next.update(third)
  expect(again.result().rows).toEqual([[6]])
  expect(again.coverage).toBe('exact')
})
