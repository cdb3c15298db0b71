import { type EventInput, SimulatedClock } from '@telltale/event'
import { expect, test } from 'vitest'
import { blame, Strays, stackOf } from './stray.ts'

const stack = (...places: string[]): Error =>
  Object.assign(new Error('x'), { stack: ['Error: x', ...places.map(place => `    at ${place}`)].join('\n') })
const ours = (file: string): boolean => file.startsWith('/app/dist/')
const TIMER = 'listOnTimeout (node:internal/timers:581:17)'

test.each<[string, unknown, string]>([
  [
    "a timer of the user's",
    stack('Timeout._onTimeout (/home/me/telltale.config.ts:3:9)', TIMER),
    "the configuration's",
  ],
  [
    "one of the user's that calls us",
    stack('emit (/app/dist/process.js:1:2)', '/home/me/own.mjs:3:9'),
    "the configuration's",
  ],
  ['a timer of ours', stack('Timeout.#tick (file:///app/dist/pipeline.js:8:1)', TIMER), 'ours'],
  [
    'ours through a package',
    stack('send (/app/node_modules/ws/ws.js:8:1)', 'async file:///app/dist/live.js:1:1'),
    'ours',
  ],
  ['a package by itself', stack('send (/home/me/node_modules/pg/pg.js:8:1)', TIMER), "the configuration's"],
  [
    'a socket that nobody listens to',
    stack('TCP.onStreamRead (node:internal/stream_base_commons:216:20)'),
    "the configuration's",
  ],
  ['no error at all', 7, "the configuration's"],
  ['nothing', null, "the configuration's"],
])('who is to blame: %s', (_, error, expected) => {
  expect(blame(error, ours)).toBe(expected)
})

test('this program knows its own files', () => {
  expect(blame(stack(`x (${import.meta.dirname}/config.ts:1:1)`))).toBe('ours')
  expect(blame(stack(`x (${import.meta.dirname.replace('telltale/src', 'event/src')}/batch.ts:1:1)`))).toBe('ours')
  expect(blame(stack('x (/home/me/telltale.config.ts:1:1)'))).toBe("the configuration's")
})

test('whatever was thrown can be told', () => {
  const trap = {
    get stack(): never {
      throw new Error()
    },
    toString(): never {
      throw new Error()
    },
  }
  for (const thrown of [
    trap,
    Object.assign(new Error(), { stack: trap, message: trap }),
    Object.create(null),
    Symbol('s'),
    undefined,
  ])
    expect(typeof stackOf(thrown)).toBe('string')
})

test('each thing is told once a second, with the count; of many different ones some', () => {
  const clock = new SimulatedClock()
  const lines: string[] = []
  const events: EventInput[] = []
  const strays = new Strays(
    clock,
    line => lines.push(line),
    event => events.push(event),
  )
  for (let i = 0; i < 500; i++) strays.say('t', 'it failed', 'again')
  expect(events).toEqual([{ type: 't', tags: ['telltale'], message: 'it failed: again', count: 1 }])
  clock.advance(1_000)
  expect(lines).toEqual(['it failed: again', '499 times within a second: it failed: again'])
  clock.advance(2_000)
  strays.say('t', 'it failed', 'again')
  expect(lines).toHaveLength(3)
  for (let i = 0; i < 500; i++) strays.say('t', 'it failed', i)
  clock.advance(1_000)
  expect(lines.length).toBeLessThan(30)
  expect(events.reduce((sum, event) => sum + (event as { count: number }).count, 0)).toBe(1_001)
})
