import { type Batch, type Event, SimulatedClock } from '@telltale/event'
import { expect, test, vi } from 'vitest'
import { Pipeline, type Stages } from './index.ts'

const SENDER = { channel: 'test', address: '10.0.0.7' }

function made(stages: Stages): { pipeline: Pipeline; clock: SimulatedClock; events: Event[]; logs: string[] } {
  const clock = new SimulatedClock(1_795_132_800_000)
  const events: Event[] = []
  const logs: string[] = []
  let seq = 1
  const journal = {
    pressure: undefined,
    async append(batch: Batch) {
      batch.seq = seq
      batch.collector = 'test'
      seq += batch.length
    },
  }
  const pipeline = new Pipeline({ ...stages, journal, clock, hostname: 'me', log: line => logs.push(line) })
  pipeline.broadcast.consume(batch => {
    for (let row = 0; row < batch.length; row++) events.push(batch.event(row))
  })
  return { pipeline, clock, events, logs }
}

/** Sends some, and waits until they and what was told of them are through. */
async function through({ pipeline, clock }: ReturnType<typeof made>, types: readonly string[]): Promise<void> {
  pipeline.add(
    types.map((type, n) => ({ type, n })),
    SENDER,
  )
  await pipeline.flush()
  clock.advance(10)
  await pipeline.flush()
}

const of = (events: readonly Event[], type: string): Event[] => events.filter(event => event.type === type)
const spin = (ms: number): void => {
  const end = performance.now() + ms
  while (performance.now() < end);
}

/** Nothing but the virtual machine can end these. */
const LOOPS: Record<string, () => void> = {
  'for ever': () => {
    for (;;);
  },
  'in try, catch and finally': () => {
    try {
      for (;;);
    } catch {
      for (;;);
    } finally {
      for (;;);
    }
  },
  'in a regular expression': () => void /(a+)+$/.test(`${'a'.repeat(60)}b`),
}

test.each(Object.entries(LOOPS))(
  'a processor that loops %s is ended, named and switched off; nothing is lost',
  async (_, loop) => {
    const all = made({
      process: {
        bad: event => {
          if (event.additional_info['n'] === 3) loop()
          event.tags.push('seen')
        },
        good: event => void event.tags.push('good'),
      },
      code: { stuck: 60 },
    })
    const types = Array.from({ length: 5000 }, (_, n) => (n % 3 === 0 ? 'bad' : 'good'))
    await through(all, types)
    const { pipeline, events, logs } = all
    expect(events.slice(0, 5000).map(event => [event.type, event.additional_info['n']])).toEqual(
      types.map((type, n) => [type, n]),
    )
    expect(of(events, 'good').every(event => event.tags.join() === 'good')).toBe(true)
    // the event over which it hung and those after went on without it
    expect(of(events, 'bad').map(event => event.tags.length)).toEqual([1, ...Array(1666).fill(0)])
    expect(of(events, 'processor_stopped')).toMatchObject([
      { additional_info: { processor: 'config:bad', message: expect.stringContaining('within 60 ms'), count: 1 } },
    ])
    expect(pipeline.faults).toEqual([expect.stringMatching(/^config:bad is switched off: .* 60 ms/)])
    expect(logs.join()).toContain('config:bad did not come back')
    expect(pipeline.processors.list()).toMatchObject([
      { name: 'config:bad', off: expect.any(String) },
      { name: 'config:good' },
    ])
    pipeline.configure({ process: { bad: event => void event.tags.push('mended') } })
    expect(pipeline.faults).toEqual([])
    await through(all, ['bad'])
    expect(of(events, 'bad').at(-1)!.tags).toEqual(['mended'])
  },
)

test('a rule and a calculation that loop are ended, named and switched off', async () => {
  const all = made({
    classify: [
      { when: 'type = a', set: { type: 'b' } },
      { when: event => LOOPS['for ever']!() ?? event.type === 'b', set: { type: 'never' } },
    ],
    calculate: {
      twice: event => 2 * (event['n'] as number),
      never: () => LOOPS['for ever']!() ?? 1,
    },
    code: { stuck: 60 },
  })
  await through(all, ['a', 'a'])
  const { pipeline, events } = all
  expect(of(events, 'b').map(event => event.additional_info)).toEqual([
    { n: 0, twice: 0 },
    { n: 1, twice: 2 },
  ])
  expect(of(events, 'processor_stopped').map(event => event.additional_info['processor'])).toEqual([
    'classify[1]',
    'calculate.never',
  ])
  expect(pipeline.faults).toHaveLength(2)
})

test('what was only held up once is tried again, and not switched off', async () => {
  let held = false
  const all = made({
    process: {
      '*': event => {
        event.tags.push('seen')
        if (!held) {
          held = true
          spin(10_000)
        }
      },
    },
    code: { stuck: 60 },
  })
  await through(all, ['a', 'b'])
  expect(all.events.map(({ type, tags }) => [type, tags])).toEqual([
    ['a', ['seen']],
    ['b', ['seen']],
  ])
  expect(all.pipeline.faults).toEqual([])
})

test('one that waits for ever without computing is switched off, too; one that is kept from computing is not', async () => {
  const wait = (ms: number): void => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
  let waited = 0
  const all = made({
    process: {
      sleeper: () => wait(60_000),
      starved: event => {
        // as if the process had been stopped for a while, now and then
        if (waited++ % 2 === 0) wait(200)
        event.tags.push('seen')
      },
    },
    code: { stuck: 60 },
  })
  await through(all, ['starved', 'starved', 'starved', 'sleeper', 'sleeper'])
  expect(of(all.events, 'starved').map(event => event.tags)).toEqual([['seen'], ['seen'], ['seen']])
  expect(of(all.events, 'sleeper')).toHaveLength(2)
  expect(all.pipeline.faults).toEqual([expect.stringMatching(/^config:sleeper .* 5 times/)])
})

test('one that loops where others have most of the processor is tried once more, not five times', async () => {
  // as on a machine that gives this process a seventh of the time
  const used = (): number => (performance.now() * 1e3) / 7
  const cpu = vi.spyOn(process, 'cpuUsage').mockImplementation(before => ({
    user: used() - (before?.user ?? 0),
    system: 0,
  }))
  let tries = 0
  const all = made({
    process: {
      bad: event => {
        if (event.additional_info['n'] !== 2) return
        tries++
        LOOPS['for ever']!()
      },
    },
    code: { stuck: 60 },
  })
  await through(all, ['bad', 'bad', 'bad', 'bad'])
  cpu.mockRestore()
  expect(tries).toBe(2)
  expect(of(all.events, 'bad')).toHaveLength(4)
  expect(all.pipeline.faults).toEqual([expect.stringMatching(/^config:bad .* twice/)])
})

test('code that is slow for long is told of, then switched off; one that is slow seldom is not', async () => {
  const all = made({
    process: { slow: () => spin(25), seldom: () => spin(25) },
    code: { slow: 2, patience: 3 },
  })
  const { pipeline, clock, events } = all
  clock.advance(1000)
  for (let second = 0; second < 4; second++) {
    await through(all, second === 0 ? ['slow', 'slow', 'slow', 'slow', 'seldom'] : ['slow', 'slow', 'slow', 'slow'])
    clock.advance(1000)
    await pipeline.flush()
  }
  const told = (type: string): unknown[] => of(events, type).map(event => event.additional_info['processor'])
  expect(told('processor_slow')).toEqual(['config:slow'])
  expect(told('processor_stopped')).toEqual(['config:slow'])
  expect(pipeline.processors.list()).toMatchObject([{ events: 12 }, { events: 1 }])
})

test('asynchronous code is refused, and takes nothing down when it fails later', async () => {
  const all = made({
    process: { a: (async () => Promise.reject(new Error('later'))) as never },
    classify: [{ when: (async () => true) as never, set: { type: 'never' } }],
    calculate: { c: (async () => 7) as never },
  })
  await through(all, ['a'])
  expect(all.events[0]).toMatchObject({ type: 'a', additional_info: { n: 0 } })
  expect(of(all.events, 'processor_failed').map(event => event.additional_info['message'])).toEqual([
    expect.stringMatching(/^classify\[0\]: .*asynchronous/),
    expect.stringMatching(/^config:a: .*asynchronous/),
    expect.stringMatching(/^calculate\.c: .*asynchronous/),
  ])
})

test('a processor that emits without end is a failure; what it emitted is not kept', async () => {
  const all = made({
    process: {
      a: (_, emit) => {
        for (;;) emit({ type: 'more' })
      },
    },
  })
  await through(all, ['a'])
  expect(all.events.map(event => event.type)).toEqual(['a', 'processor_failed'])
  expect(all.events[1]!.additional_info['message']).toContain('more than 1000')
})

test('one that fails over every event is told of once a second, with the count', async () => {
  const all = made({
    process: {
      a: () => {
        throw new Error('my mistake')
      },
    },
  })
  await through(all, Array(7000).fill('a'))
  await through(all, Array(300).fill('a'))
  all.clock.advance(1000)
  await all.pipeline.flush()
  expect(of(all.events, 'processor_failed').map(event => event.additional_info['count'])).toEqual([7000, 300])
})

test.each([
  [{ stuck: 0 }, 'code.stuck: expected a number above 0, found 0'],
  [{ slow: Number.NaN }, 'code.slow: expected a number above 0, found NaN'],
  [{ fast: 7 } as object, 'code: there is no setting "fast"; there are stuck, slow, patience'],
])('limits that are none are refused: %j', (code, reason) => {
  expect(() => made({ code })).toThrow(new Error(reason))
})
