import { join } from 'node:path'
import { expect, test } from 'vitest'
import { enginePid, path } from '../testing/lives.ts'
import { embedded } from './embedded.ts'

test('an engine that stands still while it is started is killed and started again, and it is said', async () => {
  const said: string[] = []
  const engine = embedded({ path: join(path, 'history'), hungAfter: 2000, log: line => said.push(line) })
  const first = engine.start().catch((error: Error) => error)
  await expect.poll(() => enginePid().catch(() => 0), { timeout: 5000, interval: 1 }).toBeGreaterThan(0)
  process.kill(await enginePid(), 'SIGSTOP')
  expect(String(await first)).toMatch(/stood still for \d s while it was started/)
  await expect.poll(() => engine.state.kind, { timeout: 20_000 }).toBe('ready')
  expect((await engine.read('SELECT 1')).bytes.toString()).toBe('1\n')
  expect(said.join()).toContain('stood still')
  await engine.stop()
}, 60_000)
