import { batchOf } from '@telltale/event'
import { expect, test } from 'vitest'
import { Broadcast } from './broadcast.ts'

const origin = { hostname: 'h', receivedAt: 1 }
const batch = (events: number): ReturnType<typeof batchOf>['batch'] =>
  batchOf(
    Array.from({ length: events }, (_, n) => ({ type: 't', n })),
    origin,
  ).batch
const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

test('consumers have it at once, listeners in their own time and in order', async () => {
  const broadcast = new Broadcast(() => {})
  const seen: string[] = []
  broadcast.consume(b => seen.push(`store ${b.length}`))
  broadcast.listen('late', b => void seen.push(`late ${b.length}`))
  broadcast.send(batch(1))
  broadcast.send(batch(2))
  expect(seen).toEqual(['store 1', 'store 2'])
  await turn()
  await turn()
  expect(seen.slice(2)).toEqual(['late 1', 'late 2'])
})

test('a slow listener never slows intake: it loses its oldest, which is counted and told once', async () => {
  const told: string[] = []
  const broadcast = new Broadcast((name, trouble) => told.push(`${name} ${trouble}`))
  let release = (): void => {}
  const got: number[] = []
  broadcast.listen(
    'slow',
    async b => {
      got.push(b.length)
      await new Promise<void>(resolve => (release = resolve))
    },
    { mailbox: 10 },
  )
  let stored = 0
  broadcast.consume(b => (stored += b.length))
  broadcast.send(batch(1))
  await turn()
  for (let i = 0; i < 20; i++) broadcast.send(batch(4))
  expect(stored).toBe(81)
  expect(broadcast.list()).toMatchObject([{ name: 'slow', waiting: 8, dropped: 72 }])
  expect(told).toEqual(['slow fell behind; dropped its oldest 4 events'])
  expect(broadcast.faults).toEqual(['the listener slow falls behind: 72 events were dropped so far'])
  for (let i = 0; i < 3; i++) {
    release()
    await turn()
  }
  expect(got).toEqual([1, 4, 4])
})

test('what waits for a listener is bounded by its bytes, too', async () => {
  const broadcast = new Broadcast(() => {})
  const most = 8 * 1024 * 1024
  broadcast.listen('stuck', () => new Promise<void>(() => {}), { mailbox: 1e9, bytes: most })
  broadcast.send(batch(1))
  await turn()
  let sent = 0
  for (let i = 0; i < 60; i++) {
    const inputs = Array.from({ length: 500 }, (_, n) => ({ type: 't', n, text: `${i} ${n} ${'x'.repeat(1000)}` }))
    broadcast.send(batchOf(inputs, origin).batch)
    sent += inputs.length
    const [{ bytes, waiting, dropped } = { bytes: 0, waiting: 0, dropped: 0 }] = broadcast.list()
    expect(bytes).toBeLessThanOrEqual(most)
    expect(waiting + dropped).toBe(sent)
  }
  const [{ bytes, dropped } = { bytes: 0, dropped: 0 }] = broadcast.list()
  expect(bytes).toBeGreaterThan(most / 2)
  expect(dropped).toBeGreaterThan(sent / 2)
})

test('a listener that throws harms only itself', async () => {
  const told: string[] = []
  const broadcast = new Broadcast((name, trouble) => told.push(`${name} ${trouble}`))
  let good = 0
  broadcast.listen('bad', () => {
    throw new Error('oops')
  })
  broadcast.listen('good', b => void (good += b.length))
  broadcast.send(batch(2))
  broadcast.send(batch(3))
  for (let i = 0; i < 5; i++) await turn()
  expect(good).toBe(5)
  expect(told).toEqual(['bad threw: Error: oops'])
  expect(broadcast.list()[0]).toMatchObject({ name: 'bad', errors: 2 })
})

test('a listener that does not come back is ended, named, and gets no more; the others do', async () => {
  const told: string[] = []
  const broadcast = new Broadcast((name, trouble) => told.push(`${name} ${trouble}`))
  let good = 0
  const loop = (): void => {
    for (;;);
  }
  broadcast.listen('bad', loop, { stuck: 30 })
  broadcast.listen('good', b => void (good += b.length))
  for (let i = 0; i < 4; i++) {
    broadcast.send(batch(2))
    await turn()
    await turn()
  }
  expect(good).toBe(8)
  expect(told).toEqual([
    'bad threw: Error: it did not come back within 30 ms',
    'bad threw: Error: it did not come back within 30 ms, twice; it gets no more',
  ])
  expect(broadcast.faults).toEqual(['the listener bad is switched off: it did not come back within 30 ms, twice'])
  expect(broadcast.list()[0]).toMatchObject({ name: 'bad', waiting: 0 })
})
