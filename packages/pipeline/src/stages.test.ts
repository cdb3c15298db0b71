import { Batch, BOUNDS, batchOf, type Event, type EventInput, scan } from '@telltale/event'
import { expect, test } from 'vitest'
import type { Failure } from './guard.ts'
import { StageRunner, type Stages } from './stages.ts'

/** What the stages make of events, and what failed. */
function run(stages: Stages, inputs: readonly EventInput[] | Batch): { events: Event[]; failures: Failure[] } {
  const failures: Failure[] = []
  const runner = new StageRunner(BOUNDS, { failed: failure => failures.push(failure), judged: () => {} })
  runner.configure(stages)
  const batch = inputs instanceof Batch ? inputs : batchOf(inputs, { hostname: 'h', receivedAt: 1e12 }).batch
  const made = runner.run(batch)
  return { events: Array.from({ length: made.length }, (_, row) => made.event(row)), failures }
}

const deep = (levels: number): unknown => (levels === 0 ? 1 : { d: deep(levels - 1) })
const text = (bytes: number): string => 'x'.repeat(bytes)

test.each<[string, unknown, RegExp]>([
  ['60 MB of text', text(60e6), /longer than \d+ bytes/],
  ['many texts', Array.from({ length: 300 }, () => text(1000)), /longer than \d+ bytes/],
  ['texts that grow as JSON', text(60_000).replaceAll('x', '\u0001'), /longer than \d+ bytes/],
  ['many numbers', Array.from({ length: 200_000 }, (_, i) => i / 7), /longer than \d+ bytes/],
  ['deep objects', deep(40), /nested deeper/],
  ['many keys', Object.fromEntries(Array.from({ length: 2000 }, (_, i) => [`k${i}`, i])), /more than \d+ keys/],
])('scar: a processor that makes %s: refused and told, and the event goes on as it was', (_, made, why) => {
  const inflate = (event: Event): void => {
    event.additional_info['made'] = made as never
  }
  const { events, failures } = run({ process: { a: inflate } }, [{ type: 'a', n: 1 }, { type: 'b' }])
  expect(events).toMatchObject([{ type: 'a', additional_info: { n: 1 } }, { type: 'b' }])
  expect(events[0]!.additional_info).toEqual({ n: 1 })
  expect(failures).toEqual([{ name: 'config:a', message: expect.stringMatching(why), from: expect.anything() }])
})

test('a processor that makes too many tags, or emits too much: the same', () => {
  const { events, failures } = run(
    {
      process: {
        a: (event, emit) => {
          event.tags = Array.from({ length: 100 }, (_, i) => `t${i}`)
          emit({ type: 'c', big: text(300_000) })
        },
      },
    },
    [{ type: 'a', tags: 'one' }],
  )
  expect(events).toMatchObject([{ type: 'a', tags: ['one'] }])
  expect(failures.map(({ message }) => message)).toEqual([
    expect.stringMatching(/^emitted what cannot be taken: longer than \d+ bytes/),
    'made an event that cannot be taken: 100 tags, at most 64 are taken',
  ])
})

test.each<[string, unknown, RegExp]>([
  ['60 MB of text', text(60e6), /with it the event is longer than \d+ bytes/],
  ['a large object', { list: Array.from({ length: 300 }, () => text(1000)) }, /with it the event is longer/],
  ['deep objects', deep(40), /nested deeper/],
  ['many keys', Object.fromEntries(Array.from({ length: 2000 }, (_, i) => [`k${i}`, i])), /more than \d+ keys/],
])('scar: a calculation that gives %s: nothing is added, and it is told', (_, made, why) => {
  const { events, failures } = run({ calculate: { made: () => made as never } }, [{ type: 'a', n: 1 }])
  expect(events[0]!.additional_info).toEqual({ n: 1 })
  expect(failures).toEqual([{ name: 'calculate.made', message: expect.stringMatching(why), from: expect.anything() }])
})

test('calculations add up to no more than an event may have', () => {
  const each = Object.fromEntries(Array.from({ length: 5 }, (_, i) => [`big${i}`, () => text(100_000)]))
  const { events, failures } = run({ calculate: each }, [{ type: 'a' }])
  expect(Object.keys(events[0]!.additional_info)).toEqual(['big0', 'big1'])
  expect(failures).toHaveLength(3)
})

test('an event as large, as deep and with as many keys as may come in passes through code', () => {
  const lines = [
    `{"type":"a","text":"${text(BOUNDS.line - 22)}"}`,
    JSON.stringify({ type: 'a', d: deep(BOUNDS.depth - 1) }),
    JSON.stringify({ type: 'a', ...Object.fromEntries(Array.from({ length: 1023 }, (_, i) => [`k${i}`, i])) }),
  ]
  const { batch, problems } = scan(Buffer.from(lines.join('\n')), { hostname: 'h', receivedAt: 1e12 })
  expect(problems).toEqual([])
  const touch = (event: Event): Event => ({ ...event, md5: 'touched' })
  const { events, failures } = run({ process: { '*': touch }, calculate: { one: () => 1, list: () => [1] } }, batch)
  expect(failures).toEqual([])
  expect(events.map(({ md5, additional_info }) => [md5, additional_info['one']])).toEqual([
    ['touched', 1],
    ['touched', 1],
    ['touched', 1],
  ])
})
