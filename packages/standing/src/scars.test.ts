/** Bugs and long-standing wishes of other projects of the field, as tests: the reference says where each was seen. */
import { type Batch, batchOf, type EventInput, SimulatedClock } from '@telltale/event'
import { evaluate, finish, parse, rangeOf } from '@telltale/query'
import { expect, test } from 'vitest'
import { type Changed, canStand, type Machine, type Saved, type Standing, type Standings, standing } from './index.ts'

const START = 1e12

function batchFrom(seq: number, receivedAt: number, events: readonly EventInput[]): Batch {
  const { batch } = batchOf([...events], { hostname: 'h', receivedAt, trusted: true })
  batch.seq = seq
  batch.collector = 'c'
  return batch
}

function stood(set: Standings, query: string, options?: Parameters<Standings['stand']>[2]): Standing {
  const one = set.stand(query, query, options)
  if ('message' in one) throw new Error(one.message)
  return one
}

/** A quarter of an hour of checks of four services, an event every 300 ms or so, some late. */
function day(): { receivedAt: number; event: EventInput }[] {
  let state = 7
  const random = (): number => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0
    return (state >>> 8) / 2 ** 24
  }
  return Array.from({ length: 3000 }, (_, i) => ({
    receivedAt: START + i * 300,
    event: {
      type: 'check',
      time: START + i * 300 - (random() < 0.1 ? Math.floor(random() * 20_000) : 0),
      service: `s${Math.floor(random() * 4)}`,
      state: random() < 0.2 ? 'bad' : 'ok',
      ms: Math.floor(random() * 1000),
    },
  }))
}

/** Everything that is said while these come, in batches of so many. Time is when they were received. */
function said(size: number): unknown[] {
  const clock = new SimulatedClock(START)
  const set = standing({ clock })
  const told: unknown[] = []
  const machine = set.changed('state', { field: 'state', by: ['service'], init: 'ok' }) as Machine<unknown, unknown>
  machine.onTransition(list => told.push(...list))
  const window = stood(set, 'type = check | count(), p99(ms) by service over 1m')
  const events = day()
  for (let i = 0; i < events.length; i += size) {
    const part = events.slice(i, i + size)
    clock.advanceTo(part[0]!.receivedAt)
    set.update(
      batchFrom(
        i + 1,
        part[0]!.receivedAt,
        part.map(({ event }) => event),
      ),
    )
    if (i % 300 === 0 && size === 1) told.push(window.result(part[0]!.receivedAt).rows)
  }
  set.stop()
  return told
}

test('replay equals production: the same transitions and windows in the same order from the same events (Kapacitor #1946, Riemann PR#893)', () => {
  const production = said(1)
  expect(production.length).toBeGreaterThan(500)
  expect(said(1)).toEqual(production)
  // However the batches are cut, the transitions are the same.
  const transitions = production.filter(one => !Array.isArray(one))
  expect(said(97)).toEqual(transitions)
})

test('state survives a restart: a pending change stays pending, a window keeps its content (Seq #2485, Esper #75, Riemann #743)', () => {
  const clock = new SimulatedClock(START)
  const follow = { field: 'state', by: ['service'] }
  const query = 'count() by service over 1m'
  const before = standing({ clock })
  before.changed('state', follow)
  stood(before, query)
  before.update(
    batchFrom(1, START, [
      { service: 'a', state: 'bad' },
      { service: 'a', state: 'bad' },
    ] as EventInput[]),
  )
  const saved = JSON.parse(JSON.stringify(before.save())) as Saved
  clock.advance(30_000)
  const after = standing({ clock })
  after.restore(saved)
  const machine = after.changed('state', follow) as Machine<unknown, unknown>
  const window = stood(after, query)
  const told: unknown[] = []
  machine.onTransition(list => told.push(...list))
  after.update(batchFrom(3, clock.now(), [{ service: 'a', state: 'bad' }] as EventInput[]))
  expect(told).toEqual([])
  expect(window.result().rows.map(row => row.at(-1))).toEqual([3])
  clock.advance(40_000)
  expect(window.result().rows.map(row => row.at(-1))).toEqual([1])
})

test('a new rule with a window of 24 h is warm at once: hydrated to a seq, live from the next, nothing twice (Materialize #19866)', () => {
  const clock = new SimulatedClock(START)
  const set = standing({ clock })
  const text = 'count(), sum(n) by k over 24h'
  const past = Array.from({ length: 200 }, (_, i) => ({ time: START - i * 400_000, k: i % 3, n: i }) as EventInput)
  const one = stood(set, text, { after: 200 })
  // Batches come before the past has been read, among them one the past holds in part.
  set.update(batchFrom(151, START, past.slice(150)))
  const more = [{ time: START, k: 0, n: 1000 }] as EventInput[]
  set.update(batchFrom(201, START, more))
  const { query, scope } = one.hydration()
  const held = batchFrom(1, START, past)
  const events = Array.from({ length: held.length }, (_, row) => held.event(row))
  one.hydrate(evaluate(query, events, { ...scope, uptoSeq: 200 }), 200)
  const asked = parse('count(), sum(n) by k').query!
  const range = rangeOf(asked, { from: clock.now() - 86_400_000, to: clock.now() + 1 }, clock.now())
  const all = [...events, batchFrom(201, START, more).event(0)]
  const wanted = finish(asked, evaluate(asked, all, range), range).rows
  expect(one.result().rows.map(([k, , count, sum]) => [k, count, sum])).toEqual(wanted)
})

test('a window closes without a new event, and an idle source does not block the others (Esper #291, Graylog #6415)', () => {
  const clock = new SimulatedClock(START)
  const set = standing({ clock })
  const one = stood(set, 'count() by hostname over 10s')
  const seen: unknown[] = []
  one.onChange(standing => seen.push(standing.result().rows.length))
  set.update(batchFrom(1, START, [{ hostname: 'idle' }, { hostname: 'busy' }]))
  for (let seq = 3; seq < 15; seq++) {
    clock.advance(1000)
    set.update(batchFrom(seq, clock.now(), [{ hostname: 'busy' }]))
  }
  expect(one.result().rows.map(row => row[0])).toEqual(['busy'])
  clock.advance(11_000)
  expect([one.result().rows, seen.at(-1)]).toEqual([[], 0])
})

test('late events revise what was said; nobody waits two minutes to be safe (Loki #4909, #11719, SigNoz #9279)', () => {
  const clock = new SimulatedClock(START)
  const set = standing({ clock })
  const one = stood(set, 'last 1h | count() by 1m')
  const minute = Math.floor(START / 60_000) * 60_000
  set.update(batchFrom(1, START, [{ time: minute }, { time: minute + 1 }]))
  clock.advance(300_000)
  expect(one.result().rows).toEqual([[minute, 2]])
  set.update(batchFrom(3, clock.now(), [{ time: minute + 2 }]))
  expect(one.result().rows).toEqual([[minute, 3]])
})

test('a breach that begins and ends inside one batch is told (HyperDX PR#2624)', () => {
  const set = standing({ clock: new SimulatedClock(START) })
  const machine = set.changed('state', { field: 'state', init: 'ok' }) as Machine<unknown, Changed>
  const told: string[] = []
  machine.onTransition(list => told.push(...list.map(({ transition: { from, to } }) => `${from} to ${to}`)))
  set.update(
    batchFrom(
      1,
      START,
      ['ok', 'bad', 'ok'].map(state => ({ state }) as EventInput),
    ),
  )
  expect(told).toEqual(['ok to bad', 'bad to ok'])
})

test('a deleted rule never fires again, also after a restart (OpenObserve #2140)', () => {
  const clock = new SimulatedClock(START)
  const set = standing({ clock })
  const one = stood(set, 'count()')
  let fired = 0
  one.onChange(() => fired++)
  set.update(batchFrom(1, START, [{}]))
  one.stop()
  set.update(batchFrom(2, START, [{}]))
  clock.advance(1000)
  expect(fired).toBe(1)
  const saved = JSON.parse(JSON.stringify(set.save())) as Saved
  expect(saved.queries).toEqual([])
})

test.each([
  ['count() by user', { maxKeys: Number.POSITIVE_INFINITY }, /keys/],
  ['type = a | sort n', {}, /sorted/],
  ['count() by 1m', {}, /for ever/],
])('what cannot stand is refused with the reason and the bound it needs: %s', (text, options, why) => {
  const cost = canStand(parse(text).query!, options)
  expect('message' in cost && `${cost.message}; ${cost.hint}`).toMatch(why)
})

test('churn of keys is bounded, and what had to go is counted (Riemann PR#1004)', () => {
  const set = standing({ clock: new SimulatedClock(START), maxKeys: 100 })
  const one = stood(set, 'count() by pod')
  for (let i = 0; i < 50; i++)
    set.update(
      batchFrom(
        i * 100 + 1,
        START,
        Array.from({ length: 100 }, (_, n) => ({ pod: `pod-${i}-${n}` }) as EventInput),
      ),
    )
  expect(one.stats).toMatchObject({ keys: 100, evicted: 4900 })
  expect(one.coverage).toMatch(/^approximate: 4900 keys had to go/)
})
