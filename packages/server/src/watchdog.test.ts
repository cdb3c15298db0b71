import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { watchdog } from './watchdog.ts'

const children: ChildProcess[] = []
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})

async function program(): Promise<{ child: ChildProcess; said: () => string }> {
  const child = fork(join(import.meta.dirname, '../watchdog/loops.mjs'), { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
  children.push(child)
  let words = ''
  child.stderr!.on('data', text => (words += String(text)))
  await once(child, 'message')
  return { child, said: () => words }
}

test('a main thread that hangs in a loop is told with its place, then ended by the system', async () => {
  const { child, said } = await program()
  child.send('loop')
  const [code, signal] = await once(child, 'close')
  expect([code, signal]).toEqual([null, 'SIGKILL'])
  expect(said()).toMatch(/the main thread has not turned for 2 s; it is ended after 4 s/)
  expect(said()).toMatch(/it is here:\n {4}at spin \(.*loops\.mjs:\d+\)/)
  expect(said()).toMatch(/has not turned for 4 s: ended, to be started again/)
}, 60_000)

test('a process that was stopped for longer than that goes on, and nothing is said', async () => {
  const { child, said } = await program()
  for (let times = 0; times < 2; times++) {
    child.kill('SIGSTOP')
    await sleep(5500)
    child.kill('SIGCONT')
    await sleep(1200)
  }
  child.send('stop')
  const [code] = await once(child, 'close')
  expect([code, said()]).toEqual([0, ''])
}, 60_000)

test('its bounds are checked', () => {
  expect(() => watchdog({ warns: 10, ends: 5 })).toThrow('found 10 and 5')
  expect(() => watchdog({ warns: 0.5 })).toThrow(/whole seconds/)
})
