import { expect, test } from 'vitest'
import { testContext, until } from '../test/recorder.ts'
import { health } from './index.ts'

test('it tells of its own process, with the numbers of other parts', async () => {
  const context = testContext()
  const channel = health({ every: 100, more: () => ({ ring_events: 7, rss_bytes: -1 }) })
  await channel.start(context)
  await until(() => context.intake.events.length >= 1, 'the first event')
  await new Promise(resolve => setTimeout(resolve, 40))
  // The event loop is held for long enough to be seen.
  const end = performance.now() + 60
  while (performance.now() < end);
  await until(() => context.intake.events.length >= 3, 'more events')
  await channel.stop()
  const [first] = context.intake.events
  expect(first!.type).toBe('telltale_health')
  const info = first!.additional_info as Record<string, number>
  expect(info['ring_events']).toBe(7)
  expect(info['rss_bytes']).toBeGreaterThan(1_000_000)
  expect(info['heap_used_bytes']).toBeGreaterThan(0)
  expect(info['active_handles']).toBeGreaterThan(0)
  expect(
    Math.max(...context.intake.events.map(e => e.additional_info['event_loop_delay_max_ms'] as number)),
  ).toBeGreaterThan(5)
})

test('a part that can not tell its numbers does not silence the others', async () => {
  const context = testContext()
  const more = () => {
    throw new Error('no ring')
  }
  const channel = health({ every: 10, more })
  await channel.start(context)
  await until(() => context.intake.events.length >= 1, 'an event')
  await channel.stop()
  expect(context.logs[0]).toContain('no ring')
})
