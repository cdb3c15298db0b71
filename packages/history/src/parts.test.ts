import { stat, truncate } from 'node:fs/promises'
import { SimulatedClock } from '@telltale/event'
import { expect, test } from 'vitest'
import { batch, enginePid, handedOver, NOW, spoilingFirst, starting } from './testing/lives.ts'

/** A history whose first insert the disk left seven bytes of unwritten; something happens before the insert says that it is done. */
async function spoilt(then: (said: readonly string[]) => Promise<void>, clock = new SimulatedClock(NOW)) {
  const said: string[] = []
  const engine = spoilingFirst(/20261120_[^/]*\/data\.bin$/, async file => {
    await truncate(file, (await stat(file)).size - 7)
    await then(said)
  })
  const one = await starting({ engine, clock, patience: 100, log: line => said.push(line) })
  await one.append(batch(5))
  return { one, engine, said }
}

test('scar: an insert the disk left unwritten, dropped by a look of the clock before its own: its segment does not go without it', async () => {
  const clock = new SimulatedClock(NOW)
  const { one, engine } = await spoilt(async said => {
    clock.advance(61_000)
    await expect.poll(() => said.join(), { timeout: 10_000 }).toContain('of part 20261120_1_1_0 unwritten')
    const parts = async () =>
      (await engine.read("SELECT count() FROM system.parts WHERE active AND rows > 0 AND table = 'events'")).bytes
    await expect.poll(async () => (await parts()).toString(), { timeout: 10_000 }).toBe('0\n')
  }, clock)
  await handedOver(one, 5, 20_000)
  expect([await one.count(), one.status.missing]).toEqual([5, 0])
}, 60_000)

test('scar: … let go of by the engine, which went away before its own: likewise', async () => {
  const { one, engine } = await spoilt(async () => {
    const { restarts } = engine
    process.kill(await enginePid(), 'SIGKILL')
    await expect.poll(() => engine.restarts > restarts && engine.state.kind, { timeout: 20_000 }).toBe('ready')
  })
  await handedOver(one, 5, 20_000)
  expect(await one.count()).toBe(5)
  await expect.poll(() => one.status.missing, { timeout: 20_000 }).toBe(0)
}, 60_000)
