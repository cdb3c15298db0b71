import type { Stages } from '@telltale/pipeline'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { canarySettings } from './options.ts'
import { fourth, made, START, types } from './testing/rig.ts'

test('a canary every five seconds comes by everywhere', async () => {
  const { canary, pass, latest, live, failing, told, said, ready, pipeline } = made()
  expect(canary.report.well).toBe(false)
  expect(canary.report.stages.map(({ state }) => state)).toEqual(['unknown', 'unknown', 'unknown', 'unknown'])
  await pass(60_000)
  expect(canary.report.well).toBe(true)
  expect(canary.report.sent).toBe(13)
  for (const { back, lost } of canary.report.stages) expect([back > 11, lost]).toEqual([true, 0])
  expect(failing()).toEqual([])
  expect(told).toEqual([])
  expect(ready()).toEqual({ reasons: [], warnings: [] })
  const acknowledged = canary.report.stages[0]!.back
  expect(latest.query('type = telltale_canary | count(), uniq(canary)').rows).toEqual([[acknowledged, acknowledged]])
  expect(pipeline.channels.get('canary')).toMatchObject({ accepted: 13, rejected: 0 })
  expect(live.size).toBe(1)
  // it subscribes for as long as one is on its way
  expect(said.filter(({ unsubscribe }) => unsubscribe === true)).toHaveLength(canary.report.stages[1]!.back)
  expect(said.filter(({ query }) => query !== undefined)).toHaveLength(13)
  canary.stop()
  expect(live.size).toBe(0)
  await pass(60_000)
  expect(canary.report.sent).toBe(13)
})

test('one that is seen live before its sender is answered counts', async () => {
  const { canary, does, pass } = made()
  does.early = true
  does.live = false
  await pass(30_000)
  expect(canary.report.well).toBe(true)
})

test('a journal that does not answer: said with since when, one canary waits, well again by itself', async () => {
  const { canary, does, pass, release, stage, failing, told, log, ready, time } = made()
  await pass(12_000)
  does.journal = false
  await pass(9_000) // the canary of second 15 hangs
  expect(failing()).toEqual(['journal'])
  expect(stage('journal')).toMatchObject({ since: START + 15_000, message: 'no event is acknowledged' })
  expect(ready().reasons).toEqual([`since ${new Date(START + 15_000).toISOString()} no event is acknowledged`])
  await pass(600_000, 1_000)
  expect(canary.report.sent).toBe(4)
  expect(failing()).toEqual(['journal'])
  expect(stage('journal').since).toBe(START + 15_000)
  release()
  await pass(8_000)
  expect(canary.report.well).toBe(true)
  expect(time.now()).toBe(START + 629_000)
  expect(types(told)).toEqual(['canary_missing journal', 'canary_back journal'])
  expect(log).toHaveLength(2)
  expect(ready()).toEqual({ reasons: [], warnings: [] })
})

test('while senders are refused so is the canary, with the same reason', async () => {
  const { canary, does, pass, failing, stage, told } = made()
  await pass(12_000)
  does.pressure = { reason: 'the journal is full', retryAfter: 5 }
  await pass(30_000)
  expect(failing()).toEqual(['journal'])
  expect(stage('journal').message).toBe('no event is acknowledged: the journal is full')
  expect(canary.report.sent).toBe(4)
  expect(told).toEqual([]) // nothing of Telltale's own goes in either
  does.pressure = undefined
  await pass(8_000)
  expect(canary.report.well).toBe(true)
})

test('a journal that fails is quoted, for as long as it does', async () => {
  const { canary, does, pass, failing, stage } = made()
  await pass(12_000)
  does.fail = true
  await pass(4_000)
  expect(failing()).toEqual(['journal'])
  expect(stage('journal')).toMatchObject({
    message: 'events cannot be journaled: no space left on device',
    since: fourth(),
    lost: 1,
  })
  for (let i = 0; i < 30; i++) {
    await pass(1_000)
    expect(failing()).toEqual(['journal'])
  }
  does.fail = false
  await pass(15_000)
  expect(canary.report.well).toBe(true)
})

test.each([
  ['live', 'live', 'events are journaled, but do not reach those who watch live'],
  ['recent', 'query', 'events are journaled, but questions do not find them'],
] as const)('without %s it is the stage %s that fails, and warns', async (part, name, message) => {
  const { canary, does, pass, failing, stage, ready } = made()
  await pass(12_000)
  does[part] = false
  await pass(10_000)
  expect(failing()).toEqual([name])
  expect(stage(name)).toMatchObject({ since: fourth(), message })
  expect(ready()).toEqual({ reasons: [], warnings: [expect.stringContaining(message)] })
  await pass(600_000, 5_000)
  expect(stage(name).since).toEqual(fourth())
  does[part] = true
  await pass(8_000)
  expect(canary.report.well).toBe(true)
})

test('a history that stands still is behind, not lost: a warning with its state; what waits for it is bounded', async () => {
  const { canary, does, engine, pass, failing, stage, ready } = made()
  await pass(12_000)
  does.flush = false
  await pass(60_000)
  expect(failing()).toEqual([])
  await pass(5_000)
  expect(failing()).toEqual(['history'])
  expect(stage('history')).toMatchObject({
    since: fourth(),
    message: 'the history is 60 s behind, new events are kept in the journal',
    lost: 0,
  })
  expect(ready().reasons).toEqual([])
  engine.state = { kind: 'down', reason: 'it crashed' }
  expect(ready().warnings).toEqual([
    'the history is down: it crashed',
    expect.stringContaining('the history is 60 s behind, new events are kept in the journal: it crashed'),
  ])
  await pass(3_600_000, 5_000)
  const { back, waiting_ms } = stage('history')
  expect(waiting_ms).toBeGreaterThan(3_600_000)
  expect(stage('history').since).toEqual(fourth())
  engine.state = { kind: 'ready' }
  does.flush = true
  await pass(10_000)
  expect(canary.report.well).toBe(true)
  expect(stage('history').back - back).toBeLessThan(70) // of 720 that were sent
  expect(stage('history').lost).toBe(0)
})

test('a history that catches up is behind until it has', async () => {
  const { does, pass, failing, kept, unflushed } = made()
  does.flush = false
  await pass(600_000, 1_000)
  kept.flushedSeq = unflushed[50]!.seq // the mark is at second 250
  await pass(2_000)
  expect(failing()).toEqual(['history'])
  does.flush = true
  await pass(10_000)
  // those the mark passed were not there when they were asked for
  expect(failing()).toEqual(['history'])
  await pass(70_000)
  expect(failing()).toEqual([])
})

test('an event that the history took and does not have is lost: said for a minute at least', async () => {
  const { pass, unflushed, does, failing, stage, told } = made()
  await pass(12_000)
  does.flush = false
  await pass(4_000)
  unflushed.length = 0
  does.flush = true
  await pass(4_000)
  expect(failing()).toEqual(['history'])
  expect(stage('history')).toMatchObject({ message: 'the history does not have an event that it took', lost: 1 })
  await pass(55_000)
  expect(failing()).toEqual(['history'])
  await pass(10_000)
  expect(failing()).toEqual([])
  expect(types(told)).toEqual(['canary_missing history', 'canary_back history'])
})

test('an event that the history has twice is said', async () => {
  const { pass, unflushed, does, stage, kept } = made()
  await pass(12_000)
  does.flush = false
  await pass(4_000)
  const again = kept.partial
  kept.partial = async (query, scope) => {
    const partial = await again(query, scope)
    if (partial.kind === 'groups') for (const group of partial.groups.values()) group.states[0] = 2
    return partial
  }
  expect(unflushed).toHaveLength(1)
  does.flush = true
  await pass(4_000)
  expect(stage('history')).toMatchObject({ state: 'failing', message: 'the history has an event 2 times' })
})

test('an event that questions count twice is said', async () => {
  const { pass, asker, stage, failing } = made()
  await pass(12_000)
  const ask = asker.ask.bind(asker)
  asker.ask = async (query, scope) => ({ ...(await ask(query, scope)), rows: [[2]] })
  await pass(5_000)
  expect(failing()).toEqual(['query'])
  expect(stage('query')).toMatchObject({ message: 'questions count an event 2 times', lost: 1 })
  asker.ask = ask
  await pass(20_000)
  expect(failing()).toEqual([])
})

test.each([86_400_000, -86_400_000, 12_345])('a clock set by %i ms makes nothing late, nor well', async by => {
  const { pass, time, failing, stage, does, canary } = made()
  await pass(12_000)
  time.jump(by)
  await pass(120_000)
  expect(failing()).toEqual([])
  expect(canary.report.well).toBe(true)
  does.flush = false
  await pass(30_000)
  time.jump(by)
  await pass(20_000)
  expect(failing()).toEqual([])
  await pass(30_000)
  expect(failing()).toEqual(['history'])
  // since when, as the clock has it now
  expect(stage('history').since).toEqual(fourth(2 * by + 120_000))
})

test('a process that stood still is not late for it', async () => {
  const { pass, stand, failing, does } = made()
  await pass(14_500)
  does.flush = false
  await pass(1_000)
  stand(3_600_000)
  await pass(2_000)
  expect(failing()).toEqual([])
  does.flush = true
  await pass(5_000)
  expect(failing()).toEqual([])
})

test('processors may rename it and set its time; who drops it is told so', async () => {
  let drops = false
  const process: NonNullable<Stages['process']> = {
    '*': event => {
      if (drops) return null
      event.type = 'renamed'
      event.time -= 3_600_000
      return event
    },
  }
  const { canary, pass, failing } = made({}, { process })
  await pass(30_000)
  expect(canary.report.well).toBe(true)
  drops = true
  await pass(70_000)
  expect(failing()).toEqual(['live', 'query', 'history'])
})

test('a way in says how long it takes; one that is dead stays so though senders are refused for a while', async () => {
  const { canary, does, pass, failing, stage, told, ready } = made({}, {}, ['door'])
  await pass(22_000)
  expect(stage('door')).toMatchObject({ state: 'well', took_ms: expect.toSatisfy(ms => ms >= 500 && ms < 1000) })
  expect(canary.report.well).toBe(true)
  does.door = false
  await pass(10_000)
  expect(failing()).toEqual(['door'])
  const { since, message } = stage('door')
  expect(message).toBe('events sent over door do not come in: nobody is at home')
  expect(ready()).toEqual({ reasons: [], warnings: [`since ${new Date(since!).toISOString()} ${message}`] })
  for (const seconds of [1, 3, 20]) {
    does.pressure = { reason: 'full', retryAfter: 1 }
    await pass(seconds * 1000)
    does.pressure = undefined
    for (let second = 0; second < 15; second++) {
      await pass(1000)
      expect(failing()).toContain('door')
    }
    expect(failing()).toEqual(['door'])
  }
  expect(stage('door').since).toBe(since)
  does.door = true
  await pass(8_000)
  expect(failing()).toEqual([])
  expect(types(told).filter(said => said.endsWith('door'))).toEqual(['canary_missing door', 'canary_back door'])
})

test('its options are checked, and no secret is quoted', () => {
  expect(canarySettings({ every: '1s', limits: { history: 5000 }, webhook: 'https://h/x' })).toEqual({
    every: 1000,
    limits: { journal: 5000, live: 5000, query: 5000, history: 5000 },
    webhook: { url: new URL('https://h/x'), every: 60_000 },
  })
  expect(() => canarySettings({ every: 'often' })).toThrow(/canary.every must be a time like/)
  expect(() => canarySettings({ every: 5 })).toThrow('canary.every must be at least 100 ms, found 5')
  expect(() => canarySettings({ limits: { disk: '1s' } as object })).toThrow(/no stage "disk"; there are journal, live/)
  expect(() => canarySettings({ webhook: 'ftp://h/secret' })).toThrow(/^canary.webhook must begin with https.*ftp:$/)
  expect(() => canarySettings({ webhook: 'https://me:secret@h/' })).toThrow(
    /^canary.webhook must hold no user[^:]*: use[^:]*$/,
  )
  expect(() => canarySettings({ webhook: 'secret' })).toThrow(/^canary.webhook must be an address like [^ ]*$/)
})

const PARTS = {
  journal: 'journal',
  fail: 'journal',
  pressure: 'journal',
  live: 'live',
  recent: 'query',
  flush: 'history',
  lose: 'history',
} as const
type Part = keyof typeof PARTS

test('whatever breaks, for however long: the stage that broke is said, no other, and all is well some time after', async () => {
  const breaks = fc.array(
    fc.record({
      part: fc.constantFrom(...(Object.keys(PARTS) as Part[])),
      seconds: fc.integer({ min: 1, max: 100 }),
      jump: fc.constantFrom(0, 0, 86_400_000, -3_600_000),
    }),
    { minLength: 1, maxLength: 3 },
  )
  await fc.assert(
    fc.asyncProperty(breaks, async all => {
      const { canary, does, pass, release, failing, unflushed, time } = made()
      await pass(12_000, 500)
      for (const { part, seconds, jump } of all) {
        if (part === 'fail') does.fail = true
        else if (part === 'pressure') does.pressure = { reason: 'full', retryAfter: 1 }
        else does[part === 'lose' ? 'flush' : part] = false
        time.jump(jump)
        for (let second = 1; second <= seconds; second++) {
          await pass(1000, 500)
          // a canary every 5 s, its limit, and a beat
          const said = second >= (PARTS[part] === 'history' ? 67 : 12)
          if (said) expect(failing()).toEqual([PARTS[part]])
          else expect([[], [PARTS[part]]]).toContainEqual(failing())
        }
        if (part === 'lose') unflushed.length = 0
        Object.assign(does, { fail: false, pressure: undefined, live: true, recent: true, flush: true })
        release()
        for (let second = 1; second <= 75; second++) {
          await pass(1000, 500)
          expect([[], [PARTS[part]]]).toContainEqual(failing())
        }
        expect(failing()).toEqual([])
        expect(canary.report.well).toBe(true)
      }
    }),
    { numRuns: 15, endOnFailure: true },
  )
}, 120_000)
