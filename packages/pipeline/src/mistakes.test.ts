import { type Batch, type Event, SimulatedClock } from '@telltale/event'
import { expect, test } from 'vitest'
import { Pipeline, type Stages } from './index.ts'

const SENDER = { channel: 'test', address: '10.0.0.7' }

function made(stages: unknown): { pipeline: Pipeline; send(events: object[]): Promise<Event[]> } {
  const clock = new SimulatedClock(1e12)
  const events: Event[] = []
  const journal = { pressure: undefined, append: async (batch: Batch) => void (batch.seq = 1) }
  const pipeline = new Pipeline({ ...(stages as Stages), journal, clock, hostname: 'me' })
  pipeline.broadcast.consume(batch => {
    for (let row = 0; row < batch.length; row++) events.push(batch.event(row))
  })
  return {
    pipeline,
    async send(given) {
      pipeline.add(given as Event[], SENDER)
      await pipeline.flush()
      clock.advance(10)
      await pipeline.flush()
      return events
    },
  }
}

const rule = { when: 'type = a', set: { type: 'b' } }

test.each<[unknown, string]>([
  [{ classify: [{}] }, 'classify[0].when: expected a filter such as "type = exception", or code, found nothing'],
  [{ classify: [5] }, 'classify[0]: expected an object of when, set, tag, found a number'],
  [{ classify: [null] }, 'classify[0]: expected an object of when, set, tag, found null'],
  [
    { classify: [rule, { when: 5, set: { type: 'b' } }] },
    'classify[1].when: expected a filter such as "type = exception", or code, found 5',
  ],
  [
    { classify: [{ whne: 'type = a' }] },
    'classify[0]: there is no setting "whne"; did you mean "when"? there are when, set, tag',
  ],
  [
    { classify: [{ when: 'type = a', sett: {} }] },
    'classify[0]: there is no setting "sett"; did you mean "set"? there are when, set, tag',
  ],
  [
    { classify: [{ when: 'type = a', set: 5 }] },
    'classify[0].set: expected an object that has what JSON can say for each path, found a number',
  ],
  [
    { classify: [{ when: 'type = a', set: { type: 5 } }] },
    'classify[0].set.type: expected a text that is not empty, found 5',
  ],
  [
    { classify: [{ when: 'type = a', set: { n: () => 1 } }] },
    'classify[0].set.n: expected what JSON can say, found a function',
  ],
  [
    { classify: [{ when: 'type = a', tag: {} }] },
    'classify[0].tag: expected a text that is not empty, or an array of texts, found an object',
  ],
  [{ classify: {} }, 'classify: expected an array of rules, found an object'],
  [{ process: { a: 5 } }, 'process.a: expected code, as in event => …, found a number'],
  [{ process: 5 }, 'process: expected an object that has code, as in event => … for each type, found a number'],
  [{ process: [] }, 'process: expected an object that has code, as in event => … for each type, found an array'],
  [{ calculate: { x: 5 } }, 'calculate.x: expected code, as in event => …, found a number'],
  [{ code: { stuk: 5 } }, 'code: there is no setting "stuk"; did you mean "stuck"? there are stuck, slow, patience'],
])('stages that cannot be understood are refused with the place, and change nothing: %o', async (stages, reason) => {
  const { pipeline, send } = made({ classify: [rule] })
  expect(() => pipeline.configure(stages as Stages)).toThrow(new Error(reason))
  expect((await send([{ type: 'a' }])).map(({ type }) => type)).toEqual(['b'])
})

const trap = {
  get message(): never {
    throw new Error('first')
  },
  toString(): never {
    throw new Error('second')
  },
}

const throws = (): never => {
  throw new Error('my getter')
}

test.each<[string, (event: Event, emit: (event: unknown) => void) => unknown, RegExp]>([
  ['returns a text', () => 'text', /returned a string/],
  ['returns a number', () => 5, /returned a number/],
  ['returns an array', () => [], /returned an array/],
  [
    'throws what cannot be told',
    () => {
      throw trap
    },
    /does not say what it is/,
  ],
  [
    'throws null',
    () => {
      throw null
    },
    /null/,
  ],
  [
    'throws an error that cannot be told',
    () => {
      throw Object.assign(new Error(), { message: trap })
    },
    /does not say/,
  ],
  [
    'returns a throwing getter',
    event => ({ ...event, additional_info: Object.defineProperty({}, 'x', { enumerable: true, get: throws }) }),
    /my getter/,
  ],
  [
    'leaves a throwing getter',
    event => void Object.defineProperty(event.additional_info, 'x', { enumerable: true, get: throws }),
    /my getter/,
  ],
  [
    'leaves a throwing type',
    event => void Object.defineProperty(event, 'type', { enumerable: true, get: throws }),
    /my getter/,
  ],
  ['leaves a throwing toJSON', event => void (event.additional_info['x'] = { toJSON: throws } as never), /my getter/],
  ['leaves a circle', event => void (event.additional_info['me'] = event.additional_info), /nested deeper/],
  ['leaves a wrong time', event => void (event.time = 'soon' as never), /time must be/],
  [
    'changes it, then throws',
    event => {
      event.tags.push('half')
      throw new Error('half done')
    },
    /half done/,
  ],
  [
    'returns what throws when awaited',
    () => ({
      // biome-ignore lint/suspicious/noThenProperty: that is the mistake
      get then() {
        return throws()
      },
    }),
    /my getter/,
  ],
])('a processor that %s: the event goes on as it was, and it is said', async (_, run, message) => {
  const { pipeline, send } = made({ process: { a: run } })
  const [first, second, told, ...more] = await send([{ type: 'a', n: 7, time: 5, tags: ['t'] }, { type: 'z' }])
  expect(first).toMatchObject({ type: 'a', hostname: '10.0.0.7', tags: ['t'], additional_info: { n: 7 } })
  expect(Object.keys(first!.additional_info)).toEqual(['n'])
  expect(second!.type).toBe('z')
  expect(told).toMatchObject({
    type: 'processor_failed',
    additional_info: { processor: 'config:a', message: expect.stringMatching(message), derived_from: { type: 'a' } },
  })
  expect(more).toEqual([])
  expect(pipeline.processors.list()).toMatchObject([{ errors: 1 }])
})

test.each<[string, (event: Event) => unknown, object]>([
  ['returns an event of its own', () => ({ type: 'other' }), { type: 'other', hostname: '10.0.0.7', time: 1e12 }],
  [
    'deletes the host',
    event => void delete (event as Partial<Event>).hostname,
    { type: 'a', hostname: '10.0.0.7', time: 5 },
  ],
  ['deletes the time', event => void delete (event as Partial<Event>).time, { type: 'a', time: 1e12 }],
  [
    'deletes the data',
    event => void delete (event as Partial<Event>).additional_info,
    { type: 'a', additional_info: {} },
  ],
  ['deletes the type', event => void delete (event as Partial<Event>).type, { type: 'unknown' }],
])('what a processor leaves out is filled in as for any sender: it %s', async (_, run, expected) => {
  const events = await made({ process: { a: run } }).send([{ type: 'a', n: 7, time: new Date(5).toISOString() }])
  expect(events).toHaveLength(1)
  expect(events[0]).toMatchObject(expected)
})

test('what is emitted and is no event is told of; the others are taken, and say what they were derived from', async () => {
  const { send } = made({
    process: {
      a(event: Event, emit: (event: unknown) => void) {
        for (const extra of [
          5,
          null,
          [],
          {
            get x() {
              return throws()
            },
          },
          { time: 'soon' },
        ])
          emit(extra)
        emit('a text')
        emit({ type: 'good' })
        event.type = 'renamed'
        delete (event as Partial<Event>).hostname
      },
    },
  })
  const events = await send([{ type: 'a' }])
  expect(events.map(({ type }) => type)).toEqual(['renamed', 'unknown', 'good', 'processor_failed'])
  expect(events[1]).toMatchObject({
    additional_info: { message: 'a text', derived_from: { type: 'renamed', time: 1e12 } },
  })
  expect(events[2]).toMatchObject({ hostname: '10.0.0.7', additional_info: { derived_from: { type: 'renamed' } } })
  expect(events[3]!.additional_info['count']).toBe(5)
})

test('an object that loops when it is looked at is ended like any code', async () => {
  const { pipeline, send } = made({
    code: { stuck: 60 },
    process: {
      a: (event: Event) =>
        void (event.additional_info['x'] = {
          toJSON() {
            for (;;);
          },
        } as never),
    },
  })
  expect((await send([{ type: 'a', n: 1 }]))[0]!.additional_info).toEqual({ n: 1 })
  expect(pipeline.faults).toEqual([expect.stringContaining('config:a is switched off')])
})

test('a calculation whose value throws when it is looked at fails alone', async () => {
  const { send } = made({ calculate: { x: () => ({ toJSON: throws }), y: () => ({ a: [1] }) } })
  const [event, told] = await send([{ type: 'a' }])
  expect(event!.additional_info).toEqual({ y: { a: [1] } })
  expect(told!.additional_info['message']).toBe('calculate.x: my getter')
})
