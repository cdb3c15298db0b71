import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { embedded } from './engine/embedded.ts'
import type { EngineNews } from './engine/outage.ts'
import { batch, enginePid, path, starting } from './testing/lives.ts'

function telling(options: object = {}) {
  const news: EngineNews[] = []
  const engine = embedded({ path: join(path, 'history'), onNews: one => news.push(one), ...options })
  return { engine, news }
}

test('an engine that is killed: why, that it is started again, and how long it was away', async () => {
  const { engine, news } = telling()
  const one = await starting({ engine })
  expect([news, one.restarts]).toEqual([[], 0])
  process.kill(await enginePid(), 'SIGKILL')
  const states: (typeof engine.state)[] = []
  await expect
    .poll(
      () => {
        if (states.at(-1) !== engine.state) states.push(engine.state)
        return news.length
      },
      { timeout: 20_000, interval: 1 },
    )
    .toBe(2)
  const reason = expect.stringMatching(/^it was ended by SIGKILL: /)
  expect(news).toEqual([
    { kind: 'down', reason },
    { kind: 'back', reason, seconds: expect.any(Number), restarts: 1 },
  ])
  expect(states.filter(({ kind }) => kind === 'down' || kind === 'starting')).toEqual([
    { kind: 'down', reason: expect.stringContaining('SIGKILL') },
    { kind: 'starting', reason: expect.stringContaining('SIGKILL') },
  ])
  const [, back] = news
  expect(back?.kind === 'back' && back.seconds).toBeGreaterThan(0.1)
  await one.append(batch(3))
  await one.flush()
  expect([one.restarts, await one.count()]).toEqual([1, 3])
})

test('one that hangs is named so, not by its last words', async () => {
  const { engine, news } = telling({ hungAfter: 2_000 })
  await starting({ engine })
  process.kill(await enginePid(), 'SIGSTOP')
  await expect.poll(() => news.length, { timeout: 20_000 }).toBe(2)
  expect(news[0]!.reason).toMatch(/^it was silent for \d+ s: /)
})

test('where not even its settings can be written, it is tried again until they can', async () => {
  const { engine, news } = telling()
  const settings = join(path, 'history', 'telltale.xml')
  await mkdir(settings, { recursive: true })
  const one = await starting({ engine })
  expect(one.status.engine).toMatchObject({ kind: 'down', reason: expect.stringContaining('EISDIR') })
  await expect.poll(() => news.length, { timeout: 20_000 }).toBeGreaterThan(1)
  await rm(settings, { recursive: true })
  await expect.poll(() => one.status.engine.kind, { timeout: 20_000 }).toBe('ready')
  await expect.poll(() => news.at(-1)).toMatchObject({ kind: 'back', reason: expect.stringContaining('EISDIR') })
}, 60_000)
