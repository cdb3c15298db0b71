import type { Batch, Event } from '@telltale/event'
import { SimulatedClock } from '@telltale/event'
import { expect, test } from 'vitest'
import { Pipeline, type Stages } from './index.ts'

const SENDER = { channel: 'test', address: '10.0.0.7' }

/** A pipeline whose journal gives out seq and keeps nothing. */
function pipelineOf(stages: Stages): { pipeline: Pipeline; clock: SimulatedClock; events: Event[] } {
  const clock = new SimulatedClock(1_795_132_800_000)
  const events: Event[] = []
  let seq = 1
  const journal = {
    pressure: undefined,
    async append(batch: Batch) {
      batch.seq = seq
      batch.collector = 'test'
      seq += batch.length
    },
  }
  const pipeline = new Pipeline({ ...stages, journal, clock, hostname: 'me' })
  pipeline.broadcast.consume(batch => {
    for (let row = 0; row < batch.length; row++) events.push(batch.event(row))
  })
  return { pipeline, clock, events }
}

async function through(stages: Stages, sent: object): Promise<Event> {
  const { pipeline, events } = pipelineOf(stages)
  pipeline.take(Buffer.from(JSON.stringify(sent)), SENDER)
  await pipeline.flush()
  return events[0]!
}

/** The four steps of the talk's message format; docs/pipeline.md shows the same. */
const STAGES: Stages = {
  classify: [
    { when: 'type = unknown and has execution_time and has url', set: { type: 'page_load' } },
    { when: 'type = page_load and url = "http://mysite.com/"', set: { type: 'landing_page_load' } },
    { when: 'type = exception and message ~ "*parse-query-string*"', set: { type: '404' } },
  ],
  calculate: { heap_used_percent: event => (100 * (event['heap_used'] as number)) / (event['heap_max'] as number) },
}

test('1. an event without a type is classified by what it holds', async () => {
  const event = await through(STAGES, {
    additional_info: { execution_time: 0.5469999, url: 'http://mysite.com/page0' },
    hostname: 'dc0-web01',
    tags: ['metrics', 'performance'],
  })
  expect(event).toMatchObject({ type: 'page_load', hostname: 'dc0-web01', tags: ['metrics', 'performance'] })
  expect(event.received_at).toBe(1_795_132_800_000)
})

test('2. a page load of the landing page becomes a landing_page_load', async () => {
  const info = { execution_time: 0.5469999, url: 'http://mysite.com/' }
  const event = await through(STAGES, { additional_info: info, hostname: 'dc0-web01' })
  expect(event.type).toBe('landing_page_load')
  expect(event.additional_info).toEqual(info)
})

test('3. an exception that is a 404 in reality becomes one; the client stays dumb', async () => {
  const message = 'IllegalArgumentException: could not parse-query-string "?a=%zz"'
  expect((await through(STAGES, { type: 'exception', message })).type).toBe('404')
  expect((await through(STAGES, { type: 'exception', message: 'NullPointerException' })).type).toBe('exception')
})

test('4. a backtrace gets its md5: the same for the same thing, whatever its numbers', async () => {
  const trace = (line: number): object => ({
    type: 'backtrace',
    additional_info: {
      backtrace: `TimeoutError: after ${line} ms\n  at Shop.checkout (shop.rb:12)\n  at Rack.call (rack.rb:40)`,
    },
  })
  const first = await through(STAGES, trace(300))
  expect(first.md5).toMatch(/^[0-9a-f]{32}$/)
  expect((await through(STAGES, trace(4711))).md5).toBe(first.md5)
  expect((await through(STAGES, { ...trace(300), type: 'other' })).md5).not.toBe(first.md5)
  expect((await through(STAGES, { type: 'backtrace', md5: 'my-own' })).md5).toBe('my-own')
})

test('a percentage of a whole is calculated: max heap 4 GB, current 2 GB, 50 %', async () => {
  const event = await through(STAGES, { type: 'gc', heap_used: 2 * 2 ** 30, heap_max: 4 * 2 ** 30 })
  expect(event.additional_info['heap_used_percent']).toBe(50)
  expect(Object.keys((await through(STAGES, { type: 'gc' })).additional_info)).toEqual([])
})

test('a processor of a type may change, drop and emit; what it emits goes through no processor', async () => {
  let ran = 0
  const stages: Stages = {
    process: {
      exception(event, emit) {
        ran++
        if (event.additional_info['noise']) return null
        event.tags.push('seen')
        event.additional_info['words'] = String(event.additional_info['message']).split(' ').length
        emit({ type: 'exception', message: 'derived' })
        return event
      },
    },
  }
  const { pipeline, events } = pipelineOf(stages)
  pipeline.add(
    [{ type: 'a' }, { type: 'exception', message: 'out of luck' }, { type: 'exception', noise: true }, { type: 'b' }],
    SENDER,
  )
  await pipeline.flush()
  expect(events.map(event => event.type)).toEqual(['a', 'exception', 'b', 'exception'])
  expect(events[1]).toMatchObject({ tags: ['seen'], additional_info: { words: 3 } })
  expect(events[3]!.additional_info).toMatchObject({ message: 'derived', derived_from: { type: 'exception' } })
  expect(ran).toBe(2)
  expect(pipeline.processors.list()).toMatchObject([{ name: 'config:exception', events: 2, errors: 0 }])
})

test('a processor that throws harms only itself: the event goes on, and the failure is an event', async () => {
  const { pipeline, clock, events } = pipelineOf({
    process: {
      '*': () => {
        throw new Error('my mistake')
      },
    },
    calculate: {
      broken: () => {
        throw new Error('mine, too')
      },
    },
    classify: [{ when: event => (event['nothing'] as { of: boolean }).of, set: { type: 'never' } }],
  })
  pipeline.add([{ type: 'a' }], SENDER)
  await pipeline.flush()
  expect(events.map(event => event.type)).toEqual(['a'])
  clock.advance(10)
  await pipeline.flush()
  const failures = events.filter(event => event.type === 'processor_failed')
  expect(failures.map(event => event.additional_info['processor'])).toEqual(
    expect.arrayContaining(['classify[0]', 'config:*', 'calculate.broken']),
  )
  expect(failures.find(event => event.additional_info['processor'] === 'config:*')).toMatchObject({
    additional_info: { message: 'config:*: my mistake', derived_from: { type: 'a' } },
  })
})

test('stages are replaced at once, or not at all', async () => {
  const { pipeline, events } = pipelineOf({ classify: [{ when: 'type = a', set: { type: 'b' } }] })
  expect(() => pipeline.configure({ classify: [{ when: 'type = = a' }] })).toThrow(
    /classify\[0\]\.when: .*character \d+/,
  )
  expect(() => pipeline.configure({ classify: [{ when: 'count() by type' }] })).toThrow(/expected a filter/)
  pipeline.add([{ type: 'a' }], SENDER)
  await pipeline.flush()
  pipeline.configure({ classify: [{ when: 'type = a', set: { type: 'c', 'http.status': 404 }, tag: 'odd' }] })
  pipeline.add([{ type: 'a' }], SENDER)
  await pipeline.flush()
  expect(events.map(event => event.type)).toEqual(['b', 'c'])
  expect(events[1]).toMatchObject({ tags: ['odd'], additional_info: { http: { status: 404 } } })
})
