import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { calm } from './conditions.ts'
import { incidents } from './incidents/index.ts'
import { SHORT_CALM, USUAL_CALM } from './schedule.ts'
import { APP, CACHE, DB, WEB, WORKERS } from './shop/hosts.ts'
import { STEP } from './shop/moment.ts'
import { shop } from './shop/shop.ts'
import { type Chapter, type StoryOptions, story } from './story.ts'

const start = Date.UTC(2026, 10, 22, 12)
const usual: StoryOptions = { seed: 1, rate: 40, start, incidents, calm: USUAL_CALM }

function tell(options: Partial<StoryOptions>, minutes: number): Chapter[] {
  const tale = story({ ...usual, ...options })
  return Array.from({ length: (minutes * 60_000) / STEP }, () => tale.step())
}

describe('a story', () => {
  it('is the same for the same seed and start', () => {
    const seeds = fc.tuple(fc.nat(), fc.integer({ min: 1, max: 300 }), fc.subarray([...incidents]))
    fc.assert(
      fc.property(seeds, ([seed, rate, chosen]) => {
        const options = { seed, rate, incidents: chosen, calm: SHORT_CALM }
        expect(JSON.stringify(tell(options, 1))).toBe(JSON.stringify(tell(options, 1)))
      }),
      { numRuns: 20 },
    )
  })

  it('is another for another seed', () => {
    expect(JSON.stringify(tell({ seed: 2 }, 1))).not.toBe(JSON.stringify(tell({ seed: 1 }, 1)))
  })

  it('tells each event in the step in which it happens, in order', () => {
    const tale = story({ ...usual, rate: 100 })
    while (tale.time < start + 30 * 60_000) {
      const { events } = tale.step()
      const times = [tale.time - STEP, ...events.map(({ time }) => time)]
      if (times.some((time, n) => time < times[0]! || time >= tale.time || time < (times[n - 1] ?? 0)))
        expect(times).toBe('in order')
    }
  })

  it('has everybody tell something, in a shape that is an event', () => {
    const events = tell({}, 10).flatMap(chapter => chapter.events)
    const hosts = new Set(events.map(event => event.hostname))
    expect([...hosts].sort()).toEqual([...WEB, ...APP, ...WORKERS, DB, CACHE].sort())
    const types = new Set(events.map(event => event.type))
    const expected = [
      '404',
      'cache',
      'db_pool',
      'db_query',
      'disk',
      'exception',
      'gc',
      'job',
      'log',
      'login',
      'order',
      'page_load',
    ]
    expect([...types].sort()).toEqual([...expected, 'payment', 'process'])
    expect(JSON.parse(JSON.stringify(events))).toEqual(events)
  })

  it('has heap numbers of which a percentage can be taken', () => {
    const collections = tell({ incidents: [] }, 60).flatMap(({ events }) => events.filter(({ type }) => type === 'gc'))
    expect(collections.length).toBeGreaterThan(500)
    for (const { additional_info: heap } of collections) {
      const percent = (100 * Number(heap['heap_used'])) / Number(heap['heap_max'])
      expect(percent).toBeGreaterThan(10)
      expect(percent).toBeLessThan(80)
      expect(Number(heap['heap_before'])).toBeGreaterThan(Number(heap['heap_used']))
    }
  })
})

describe('the rate', () => {
  it.each([5, 20])('is %d events per second over a calm day, more in the evening than at night', rate => {
    const life = shop({ seed: 'day', rate, start })
    const hours = new Array<number>(24).fill(0)
    for (let minute = 0; minute < 24 * 60; minute++) {
      const from = start + minute * 60_000
      hours[new Date(from).getUTCHours()]! += life.step(from, from + 60_000, calm, []).length
    }
    const total = hours.reduce((sum, count) => sum + count)
    expect(Math.abs(total / 86_400 / rate - 1)).toBeLessThan(0.03)
    expect(hours[18]!).toBeGreaterThan(2 * hours[4]!)
  })
})

describe('the schedule', () => {
  it('lets every incident happen in turn, with calm in between', () => {
    const chapters = tell({ rate: 1 }, 130)
    const turns = chapters.flatMap(chapter => chapter.began ?? [])
    const over = chapters.flatMap(chapter => chapter.ended ?? [])
    expect(turns.slice(0, incidents.length).map(turn => turn.incident)).toEqual(incidents)
    expect(over.slice(0, incidents.length).map(turn => turn.incident)).toEqual(incidents)
    expect(turns[0]!.begins).toBe(USUAL_CALM.before)
    for (const [n, turn] of turns.slice(1).entries()) expect(turn.begins - turns[n]!.ends).toBe(USUAL_CALM.between)
  })

  it('is calm for ever where no incident is wanted', () => {
    for (const chapter of tell({ incidents: [] }, 20)) {
      expect(chapter.conditions).toBe(calm)
      expect(chapter.began ?? chapter.ended).toBeUndefined()
    }
  })
})
