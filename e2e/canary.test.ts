import { readFileSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openBrowser } from './browser.ts'
import { count, eventually, folder, type Program, send, start } from './program.ts'

let browser: Browser
let outside: Server
/** What the dead-man's address was called with. */
const calls: string[] = []
let program: Program
let page: Page

const config = (canary: string): string => {
  const file = join(folder(), 'telltale.config.ts')
  writeFileSync(file, `import { defineConfig } from 'telltale'\nexport default defineConfig({ canary: ${canary} })\n`)
  return file
}

beforeAll(async () => {
  browser = await openBrowser()
  outside = createServer((request, response) => {
    calls.push(`${request.method} ${request.url}`)
    response.end('OK')
  })
  await new Promise<void>(done => outside.listen(0, '127.0.0.1', done))
  const url = `http://127.0.0.1:${(outside.address() as AddressInfo).port}/ping/5ecre7`
  const file = config(`{ every: '1s', limits: { history: '3s' }, webhook: { url: '${url}', every: '1s' } }`)
  program = await start({ args: ['--config', file] })
  page = await browser.newPage()
  await page.goto(program.url)
}, 60_000)

afterAll(async () => {
  await browser?.close()
  await program?.stop()
  outside?.close()
})

const get = async (path: string): Promise<string> => (await fetch(program.url + path)).text()
const well = async (): Promise<boolean> => (JSON.parse(await get('/v1/canary')) as { well: boolean }).well
const pause = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms))
const banner = () => page.getByRole('alert').filter({ hasText: 'Since' })

/** Stops the engine where it stands, and whichever is started in its place, until the returned function is called. */
function stopEngine(): () => void {
  const stopped = new Set<number>()
  const stop = (): void => {
    const pid = Number.parseInt(readFileSync(join(program.data, 'history/engine.pid'), 'utf8'), 10)
    if (!stopped.has(pid)) process.kill(pid, 'SIGSTOP')
    stopped.add(pid)
  }
  stop()
  const again = setInterval(() => {
    try {
      stop()
    } catch {} // it is gone, and no other is there yet
  }, 200)
  return () => {
    clearInterval(again)
    for (const pid of stopped) {
      try {
        process.kill(pid, 'SIGCONT')
      } catch {} // it was killed, for its silence
    }
  }
}

test('while all is well it says so, and calls the address outside', async () => {
  await eventually(well, yes => yes)
  expect(JSON.parse(await get('/readyz'))).toEqual({ ready: true, reasons: [], warnings: [] })
  expect(await get('/metrics')).toMatch(/telltale_canary_up\{stage="history"\} 1/)
  await eventually(
    () => calls.length,
    n => n > 1,
  )
  expect(new Set(calls)).toEqual(new Set(['GET /ping/5ecre7']))
  await eventually(
    () => count(program, 'type = telltale_canary'),
    n => n > 1,
  )
  expect(await banner().count()).toBe(0)
  for (const path of ['/v1/canary', '/metrics', '/readyz', '/v1/pipeline'])
    expect(await get(path)).not.toContain('5ecre7')
  expect(program.log()).not.toContain('5ecre7')
})

test('an engine that stands still: said on every page, in readyz, metrics and events; silent outside; well by itself', async () => {
  const goOn = stopEngine()
  try {
    await banner().waitFor()
    for (const view of ['Host', 'Rejected', 'Live']) {
      await page.getByRole('navigation').getByRole('link', { name: view }).click()
      await eventually(
        () => banner().textContent(),
        text => /Since \d\d:\d\d:\d\d the history is \d+ s behind, new events are kept in the journal/.test(text ?? ''),
      )
    }
    const readyz = await fetch(`${program.url}/readyz`)
    expect(readyz.status).toBe(200)
    const { ready, reasons, warnings } = (await readyz.json()) as Record<string, string[]>
    expect([ready, reasons]).toEqual([true, []])
    expect(warnings!.join()).toMatch(/since \d{4}-\d\d-\d\dT[\d:.]+Z the history is \d+ s behind/)
    const metrics = await get('/metrics')
    expect(metrics).toMatch(/telltale_canary_up\{stage="history"\} 0/)
    for (const stage of ['journal', 'live', 'query'])
      expect(metrics).toMatch(new RegExp(`telltale_canary_up\\{stage="${stage}"\\} 1`))
    const before = calls.length
    await pause(3_500)
    expect(calls.length).toBe(before)
    // events are taken, and found, all the same
    expect((await send(program, '{"type":"meanwhile"}')).accepted).toBe(1)
    expect(await count(program, 'last 10m | type = meanwhile')).toBe(1)
    expect(await count(program, 'last 10m | type = canary_missing and stage = history')).toBe(1)
    expect(program.log()).toMatch(/canary: the history is \d+ s behind/)
  } finally {
    goOn()
  }
  const before = calls.length
  await eventually(well, yes => yes, 60_000)
  await banner().waitFor({ state: 'detached' })
  await eventually(
    () => calls.length,
    n => n > before,
  )
  expect(JSON.parse(await get('/readyz'))).toEqual({ ready: true, reasons: [], warnings: [] })
  expect(await get('/metrics')).toMatch(/telltale_canary_up\{stage="history"\} 1/)
  expect(await get('/metrics')).toMatch(/telltale_canary_lost_total\{stage="history"\} 0/)
  expect(await count(program, 'type = canary_back and stage = history')).toBe(1)
}, 120_000)

test('a Telltale that stands still itself: the page says that nobody knows, and the address outside hears nothing', async () => {
  program.process.kill('SIGSTOP')
  try {
    await banner().waitFor({ timeout: 30_000 })
    expect(await banner().textContent()).toMatch(
      /Since [\d:]+ it is not known whether events come through: Telltale does not answer\./,
    )
    const before = calls.length
    await pause(2_500)
    expect(calls.length).toBe(before)
  } finally {
    program.process.kill('SIGCONT')
  }
  await banner().waitFor({ state: 'detached' })
  await eventually(well, yes => yes)
}, 60_000)

test('switched off, none is sent', async () => {
  const quiet = await start({ args: ['--config', config('false')] })
  try {
    await pause(1_500)
    expect(await count(quiet, 'type = telltale_canary')).toBe(0)
    expect(await (await fetch(`${quiet.url}/v1/canary`)).json()).toEqual({ on: false })
    expect(await (await fetch(`${quiet.url}/metrics`)).text()).not.toContain('canary')
  } finally {
    await quiet.stop()
  }
})

test('a webhook that is no address keeps it from starting, with the reason', async () => {
  const refused = /canary.webhook must be an address like/
  await expect(start({ args: ['--config', config(`{ webhook: 'hc-ping' }`)] })).rejects.toThrow(refused)
  await expect(start({ env: { TELLTALE_CANARY_WEBHOOK: 'hc-ping' } })).rejects.toThrow(refused)
})
