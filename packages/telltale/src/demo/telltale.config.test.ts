import { type Batch, type Event, SimulatedClock } from '@telltale/event'
import { Pipeline } from '@telltale/pipeline'
import { beforeAll, describe, expect, it } from 'vitest'
import { incidentNamed } from './incidents/index.ts'
import type { DemoEvent } from './shop/moment.ts'
import { story } from './story.ts'
import config from './telltale.config.ts'

const start = Date.UTC(2026, 10, 22, 12)

/** What the pipeline makes of ten minutes with an incident. */
async function throughPipeline(incident: string): Promise<{ sent: DemoEvent[]; events: Event[] }> {
  const { classify = [], calculate = {} } = config
  const events: Event[] = []
  const journal = {
    pressure: undefined,
    append: async (batch: Batch) => void (batch.collector = 'test'),
  }
  const clock = new SimulatedClock(start)
  const pipeline = new Pipeline({
    classify,
    calculate,
    journal,
    clock,
    hostname: 'me',
  })
  pipeline.broadcast.consume(batch => {
    for (let row = 0; row < batch.length; row++) events.push(batch.event(row))
  })
  const calm = { before: 0, between: 60_000 }
  const tale = story({ seed: 1, rate: 60, start, incidents: [incidentNamed(incident)!], calm })
  const sent: DemoEvent[] = []
  while (tale.time < start + 5 * 60_000) sent.push(...tale.step().events)
  for (let n = 0; n < sent.length; n += 500) {
    const lines = sent
      .slice(n, n + 500)
      .map(event => JSON.stringify(event))
      .join('\n')
    expect(pipeline.take(Buffer.from(lines), { channel: 'test', address: '10.0.0.7' }).problems).toEqual([])
    await pipeline.flush()
  }
  await pipeline.stop()
  return { sent, events }
}

describe('with the configuration of the demo', () => {
  let newsletter: { sent: DemoEvent[]; events: Event[] }
  beforeAll(async () => {
    newsletter = await throughPipeline('parse-query-string')
  }, 60_000)

  it('exceptions that are 404s in reality become 404s, and one thing has one md5', () => {
    const { sent, events } = newsletter
    const posing = sent.filter(event => String(event.additional_info['message']).startsWith('parse-query-string'))
    const renamed = events.filter(({ tags }) => tags.includes('was_exception'))
    expect(posing.length).toBeGreaterThan(500)
    expect(renamed.length).toBe(posing.length)
    expect(new Set(renamed.map(({ type }) => type))).toEqual(new Set(['404']))
    expect(new Set(renamed.map(({ md5 }) => md5)).size).toBe(1)
    const left = events.filter(({ type }) => type === 'exception')
    expect(left.length).toBe(sent.filter(({ type }) => type === 'exception').length - posing.length)
  })

  it('the heap has a percentage, and other events have none', () => {
    const has = newsletter.events.filter(({ additional_info: info }) => info['heap_used_percent'] !== undefined)
    expect(has).toEqual(newsletter.events.filter(({ type }) => type === 'gc'))
    for (const { additional_info: info } of has) {
      expect(info['heap_used_percent']).toBeCloseTo((100 * Number(info['heap_used'])) / Number(info['heap_max']))
    }
  })

  it('everything arrives, with the time and host it was sent with', () => {
    const { sent, events } = newsletter
    expect(events.map(({ time, hostname }) => [time, hostname])).toEqual(
      sent.map(({ time, hostname }) => [time, hostname]),
    )
  })

  it('requests without a connection become db_timeouts', async () => {
    const { events } = await throughPipeline('pool')
    const timeouts = events.filter(({ type }) => type === 'db_timeout')
    expect(timeouts.length).toBeGreaterThan(20)
    expect(new Set(timeouts.map(({ md5 }) => md5)).size).toBe(1)
    expect(events.filter(({ tags }) => tags.includes('slow')).length).toBeGreaterThan(20)
  })
})
