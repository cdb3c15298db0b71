import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { eventually, folder, freePort, launch, start } from './program.ts'

const running = new Set<ChildProcess>()
afterEach(() => {
  for (const child of running) child.kill('SIGKILL')
  running.clear()
})

async function starting(data: string, args: string[] = []) {
  const port = await freePort()
  const child = launch(port, data, { args })
  running.add(child)
  let log = ''
  child.stderr.setEncoding('utf8').on('data', text => {
    log += text
  })
  child.stdout.resume()
  const ended = once(child, 'exit').then(([code, signal]) => code ?? signal)
  return { child, port, ended, log: () => log }
}

function lives(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** The folder can be taken at once, and its engine is gone. */
async function free(data: string): Promise<void> {
  expect(existsSync(join(data, 'lock'))).toBe(false)
  const program = await start({ data })
  expect(await program.stop()).toBe(0)
}

test('a signal while the engine comes up ends it with 0, and the engine with it', async () => {
  const data = folder()
  const { child, ended, log } = await starting(data)
  const note = join(data, 'history', 'engine.pid')
  const pid = await eventually(
    () => (existsSync(note) ? Number.parseInt(readFileSync(note, 'utf8'), 10) : Number.NaN),
    found => found > 0,
    30_000,
  )
  child.kill('SIGTERM')
  expect([await ended, log()]).toEqual([0, expect.stringContaining('SIGTERM: taking no more')])
  expect(lives(pid)).toBe(false)
  await free(data)
}, 90_000)

test('whenever it comes during the start, also in the moment when HTTP answers first', async () => {
  const data = folder()
  for (const ms of [0, 20, 100, 250, 400, 800, 'http'] as const) {
    const { child, port, ended } = await starting(data)
    const seen = async (): Promise<boolean> => (ms === 'http' ? answers(port) : existsSync(join(data, 'lock')))
    await eventually(seen, so => so, 30_000)
    if (ms !== 'http') await sleep(ms)
    child.kill(ms === 100 ? 'SIGINT' : 'SIGTERM')
    expect([ms, await ended]).toEqual([ms, 0])
    expect([ms, existsSync(join(data, 'lock'))]).toEqual([ms, false])
  }
  await free(data)
}, 120_000)

test('where the configuration itself does not come to its end, it ends all the same', async () => {
  const data = folder()
  const file = join(data, 'telltale.config.mjs')
  writeFileSync(
    file,
    'console.error("here"); await new Promise(resolve => setTimeout(resolve, 1e6)); export default {}',
  )
  const { child, ended, log } = await starting(data, ['--config', file])
  await eventually(log, text => text.includes('here'), 30_000)
  child.kill('SIGINT')
  expect(await ended).toBe(0)
}, 60_000)

function answers(port: number): Promise<boolean> {
  return fetch(`http://127.0.0.1:${port}/healthz`).then(
    ({ ok }) => ok,
    () => false,
  )
}
