import { type Event, SimulatedClock } from '@telltale/event'
import {
  check,
  compareKeys,
  evaluate,
  finish,
  finishGroups,
  newStates,
  plan,
  print,
  type Query,
  type Result,
  type Scalar,
  type Window,
} from '@telltale/query'
import { randomCase, same } from '@telltale/query/conformance'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Changes, type Saved, type Span, type Standing, type Standings, standing } from './index.ts'
import { batchesOf } from './testing/batches.ts'

/** Events of two minutes, in no order: some are late when they come, some ahead of the clock. */
interface Story {
  readonly query: Query
  readonly events: readonly Event[]
  readonly span: Span
}

const windows: readonly (readonly [Window | undefined, Span])[] = [
  [undefined, { kind: 'all' }],
  [undefined, { kind: 'last', ms: 60_000 }],
  [undefined, { kind: 'last', ms: 7_000 }],
  [
    { kind: 'tumbling', ms: 10_000, zone: 'UTC' },
    { kind: 'last', ms: 45_000 },
  ],
  [{ kind: 'sliding', ms: 60_000, every: 5_000 }, { kind: 'all' }],
  [{ kind: 'sliding', ms: 10_000, every: 10_000 }, { kind: 'all' }],
  [
    { kind: 'sliding', ms: 20_000, every: 5_000 },
    { kind: 'last', ms: 60_000 },
  ],
  [{ kind: 'count', events: 5 }, { kind: 'all' }],
]

const story: fc.Arbitrary<[seed: number, windows: number]> = fc.tuple(fc.integer(), fc.nat(windows.length - 1))

/** The first query that can be, from this seed on. */
function told([seed, at]: [number, number]): Story {
  const [window, span] = windows[at]!
  for (let next = seed; ; next++) {
    const { query, events } = randomCase(next)
    const { window: _, ...rest } = query
    const sort = query.sort.filter(({ column }) => column !== 'time')
    const placed = window === undefined ? { ...rest, sort } : { ...rest, sort, window }
    if (query.aggregates.length > 0 && check(placed) === undefined) return { query: placed, events, span }
  }
}

/** What the reference says about all events that came so far. */
function expected({ query }: Story, one: Standing, events: readonly Event[], now: number): Result {
  const scope = one.horizon.scope(now)
  const partial = evaluate(query, events, scope)
  if (one.horizon.window === undefined || partial.kind !== 'groups' || partial.groups.size > 0 || query.by.length > 0)
    return finish(query, partial, scope)
  return finishGroups(query, [{ key: [scope.to], states: newStates(plan(query)) }], scope)
}

function agrees(found: Result, wanted: Result, query: Query): void {
  if (!same(found, wanted)) expect({ query: print(query), ...found }).toEqual({ query: print(query), ...wanted })
}

function stood(set: Standings, { query, span }: Story, after = 0): Standing {
  const one = set.stand('one', query, { span, after })
  if ('message' in one) throw new Error(`${print(query)}: ${one.message}`)
  return one
}

const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 })

test('at any time the answer is what the reference says of the events so far; saving and restoring changes nothing', () => {
  fc.assert(
    fc.property(story, sizes, fc.infiniteStream(fc.integer({ min: 0, max: 9000 })), (seed, sizes, stream) => {
      const story = told(seed)
      const clock = new SimulatedClock(0)
      let set = standing({ clock })
      let one = stood(set, story)
      let came = 0
      for (const batch of batchesOf(story.events, sizes)) {
        clock.advance(stream.next().value!)
        set.update(batch)
        set.update(batch)
        came += batch.length
        if (stream.next().value! % 5 === 0) {
          const saved = JSON.parse(JSON.stringify(set.save())) as Saved
          set.stop()
          set = standing({ clock })
          set.restore(saved)
          one = stood(set, story)
          set.update(batch)
        }
        agrees(one.result(), expected(story, one, story.events.slice(0, came), clock.now()), story.query)
      }
      clock.advance(stream.next().value!)
      agrees(one.result(), expected(story, one, story.events, clock.now()), story.query)
    }),
    { numRuns: 300 },
  )
})

test('begun with the past, while batches come, nothing is counted twice or missed', () => {
  fc.assert(
    fc.property(story, sizes, fc.nat(59), fc.nat(4), (seed, sizes, mark, wait) => {
      const story = told(seed)
      const clock = new SimulatedClock(50_000)
      const set = standing({ clock })
      const one = stood(set, story, mark)
      const { query, scope } = one.hydration()
      const past = evaluate(query, story.events, { ...scope, uptoSeq: mark })
      const before = JSON.stringify([...(past.kind === 'groups' ? past.groups : [])])
      let waited = 0
      for (const batch of batchesOf(story.events, sizes)) {
        if (waited++ === wait) one.hydrate(past, mark)
        clock.advance(1000)
        set.update(batch)
      }
      if (waited <= wait) one.hydrate(past, mark)
      expect(JSON.stringify([...(past.kind === 'groups' ? past.groups : [])]), 'the past is unchanged').toBe(before)
      agrees(one.result(), expected(story, one, story.events, clock.now()), story.query)
    }),
    { numRuns: 250 },
  )
})

test('changes since a cursor, put together, are the rows there are', () => {
  fc.assert(
    fc.property(story, sizes, fc.infiniteStream(fc.integer({ min: 0, max: 9000 })), (seed, sizes, stream) => {
      const story = told(seed)
      const clock = new SimulatedClock(0)
      const set = standing({ clock })
      const one = stood(set, story)
      const keys = plan(story.query).columns.flatMap(({ source }, i) =>
        source === 'key' || source === 'time' ? [i] : [],
      )
      const keyOf = (row: readonly unknown[]): Scalar[] => keys.map(i => row[i] as Scalar)
      const known = new Map<string, readonly unknown[]>()
      let cursor: string | undefined
      const catchUp = (): void => {
        const { reset, rows, gone, cursor: next }: Changes = one.changes(cursor)
        expect(reset).toBe(cursor === undefined)
        for (const key of gone) expect(known.delete(JSON.stringify(key)), 'what goes was there').toBe(true)
        for (const row of rows) known.set(JSON.stringify(keyOf(row)), row)
        cursor = next
        const byKey = (a: readonly unknown[], b: readonly unknown[]): number => compareKeys(keyOf(a), keyOf(b))
        expect([...known.values()].sort(byKey)).toEqual([...one.result().rows].sort(byKey))
      }
      for (const batch of batchesOf(story.events, sizes)) {
        clock.advance(stream.next().value!)
        set.update(batch)
        if (stream.next().value! % 3 > 0) catchUp()
      }
      clock.advance(stream.next().value! * 10)
      catchUp()
      expect(one.changes(cursor)).toMatchObject({ reset: false, rows: [], gone: [] })
      expect(one.changes('another.1').reset).toBe(true)
    }),
    { numRuns: 150 },
  )
})

test('many together say what each says alone, however the batches are cut', () => {
  fc.assert(
    fc.property(fc.integer(), sizes, sizes, (seed, sizes, others) => {
      const clock = new SimulatedClock(0)
      const sets = [standing({ clock }), standing({ clock }), standing({ clock })]
      const all = Array.from({ length: 12 }, (_, i) => told([seed + i * 1000, i % windows.length]))
      const { events } = all[0]!
      const stoodIn = sets.map(set => all.map(({ query, span }, i) => set.stand(`${i}`, query, { span })))
      for (const one of stoodIn[2]!) if ((seed & 3) === 0 && 'stop' in one && one.name !== '0') one.stop()
      for (const [i, cut] of [sizes, others, sizes].entries())
        for (const batch of batchesOf(events, cut)) sets[i]!.update(batch)
      for (const [i, { query }] of all.entries()) {
        const [one, other, third] = stoodIn.map(ones => ones[i] as Standing)
        agrees(one!.result(), expected(all[i]!, one!, events, clock.now()), query)
        agrees(one!.result(), other!.result(), query)
        if (third!.name === '0') agrees(third!.result(), one!.result(), query)
      }
    }),
    { numRuns: 60 },
  )
})
