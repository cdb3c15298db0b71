import { readFileSync, renameSync, writeFileSync } from 'node:fs'
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

const config = (canary: string, more = '', code = ''): string => {
  const file = join(folder(), 'telltale.config.ts')
  const text = `import { defineConfig, tcp } from 'telltale'\n${code}\nexport default defineConfig({ canary: ${canary}, ${more} })\n`
  writeFileSync(file, text)
  return file
}
const often = (path: string): string => {
  const url = `http://127.0.0.1:${(outside.address() as AddressInfo).port}${path}`
  return `{ every: '1s', limits: { history: '3s' }, webhook: { url: '${url}', every: '1s' } }`
}

beforeAll(async () => {
  browser = await openBrowser()
  outside = createServer((request, response) => {
    calls.push(`${request.method} ${request.url}`)
    response.end('OK')
  })
  await new Promise<void>(done => outside.listen(0, '127.0.0.1', done))
  program = await start({ args: ['--config', config(often('/ping/5ecre7'))] })
  page = await browser.newPage()
  await page.goto(program.url)
}, 60_000)

afterAll(async () => {
  await browser?.close()
  await program?.stop()
  outside?.close()
})

const get = async (path: string, of = program): Promise<string> => (await fetch(of.url + path)).text()
const well = async (): Promise<boolean> => (JSON.parse(await get('/v1/canary')) as { well: boolean }).well
const pause = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms))
const banner = (on = page) => on.getByRole('alert').filter({ hasText: 'Since' })

/** Whether every page of it says so. */
async function saidOnEveryPage(message: RegExp, on = page): Promise<void> {
  await banner(on).waitFor({ timeout: 30_000 })
  for (const view of ['Host', 'Rejected', 'Live']) {
    await on.getByRole('navigation').getByRole('link', { name: view }).click()
    await eventually(
      () => banner(on).textContent(),
      text => new RegExp(`Since \\d\\d:\\d\\d:\\d\\d ${message.source}`).test(text ?? ''),
    )
  }
}

/** How often the address outside was called. */
const called = (path = '/ping/5ecre7'): number => calls.filter(call => call === `GET ${path}`).length

/** Whether it is silent outside, where it would call every second. */
async function silentOutside(path?: string): Promise<void> {
  const before = called(path)
  await pause(3_500)
  expect(called(path)).toBe(before)
}

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
    () => called(),
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
    await saidOnEveryPage(/the history is \d+ s behind, new events are kept in the journal/)
    const readyz = await fetch(`${program.url}/readyz`)
    expect(readyz.status).toBe(200)
    const { ready, reasons, warnings } = (await readyz.json()) as Record<string, string[]>
    expect([ready, reasons]).toEqual([true, []])
    expect(warnings!.join()).toMatch(/since \d{4}-\d\d-\d\dT[\d:.]+Z the history is \d+ s behind/)
    const metrics = await get('/metrics')
    expect(metrics).toMatch(/telltale_canary_up\{stage="history"\} 0/)
    for (const stage of ['journal', 'live', 'query'])
      expect(metrics).toMatch(new RegExp(`telltale_canary_up\\{stage="${stage}"\\} 1`))
    await silentOutside()
    // events are taken, and found, all the same
    expect((await send(program, '{"type":"meanwhile"}')).accepted).toBe(1)
    expect(await count(program, 'last 10m | type = meanwhile')).toBe(1)
    expect(await count(program, 'last 10m | type = canary_missing and stage = history')).toBe(1)
    expect(program.log()).toMatch(/canary: the history is \d+ s behind/)
  } finally {
    goOn()
  }
  const before = called()
  await eventually(well, yes => yes, 60_000)
  await banner().waitFor({ state: 'detached' })
  await eventually(
    () => called(),
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
    const before = called()
    await pause(2_500)
    expect(called()).toBe(before)
  } finally {
    program.process.kill('SIGCONT')
  }
  await banner().waitFor({ state: 'detached' })
  await eventually(well, yes => yes)
}, 60_000)

test('a journal that cannot be written: not ready, said on every page and in metrics, silent outside; well by itself', async () => {
  const journal = join(program.data, 'journal')
  renameSync(journal, `${journal}.away`)
  try {
    const why = /no event is acknowledged: the journal can't be written in \S+: .*ENOENT/
    await saidOnEveryPage(why)
    const readyz = await fetch(`${program.url}/readyz`)
    expect(readyz.status).toBe(503)
    const { ready, reasons } = (await readyz.json()) as { ready: boolean; reasons: string[] }
    expect(ready).toBe(false)
    expect(reasons.join('\n')).toMatch(new RegExp(`since \\S+Z ${why.source}`))
    expect(await get('/metrics')).toMatch(/telltale_canary_up\{stage="journal"\} 0/)
    expect((await send(program, '{"type":"meanwhile"}')).status).toBe(503)
    await silentOutside()
  } finally {
    renameSync(`${journal}.away`, journal)
  }
  const before = called()
  await eventually(well, yes => yes, 60_000)
  await banner().waitFor({ state: 'detached' })
  await eventually(
    () => called(),
    n => n > before,
  )
  expect(JSON.parse(await get('/readyz'))).toMatchObject({ ready: true, reasons: [] })
  expect(await get('/metrics')).toMatch(/telltale_canary_up\{stage="journal"\} 1/)
}, 120_000)

/** At the signal a TCP listener dies, and no WebSocket is opened any more; at the next it is again. */
const LISTENERS = `
import { Server } from 'node:http'
const lines = tcp({ port: 0, name: 'lines' })
const { emit } = Server.prototype
let hangs = false
Server.prototype.emit = function (name, ...args) {
  return hangs && name === 'upgrade' ? true : emit.call(this, name, ...args)
}
process.on('SIGUSR2', () => {
  hangs = !hangs
  void lines.stop()
})`

test('a listener that is dead, or hangs: named on every page, in readyz, metrics and events; silent outside', async () => {
  const args = ['--config', config(often('/doors'), 'channels: [lines]', LISTENERS)]
  const its = await start({ args })
  const on = await browser.newPage()
  try {
    await on.goto(its.url)
    const metrics = (): Promise<string> => get('/metrics', its)
    const ways = ['http', 'websocket', 'udp', 'tcp', 'lines']
    for (const way of ways)
      await eventually(metrics, text => new RegExp(`canary_back_total\\{stage="${way}"\\} [1-9]`).test(text), 30_000)
    await eventually(
      () => called('/doors'),
      n => n > 1,
    )
    expect(await banner(on).count()).toBe(0)
    its.process.kill('SIGUSR2')
    const down = (way: string, is: number) => (text: string) => text.includes(`canary_up{stage="${way}"} ${is}`)
    for (const way of ['lines', 'websocket']) await eventually(metrics, down(way, 0), 30_000)
    for (const way of ['http', 'udp', 'tcp', 'journal', 'live']) expect(await metrics()).toSatisfy(down(way, 1))
    await saidOnEveryPage(/events sent over websocket do not come in: WebSocket does not answer/, on)
    await saidOnEveryPage(/events sent over lines do not come in: connect ECONNREFUSED/, on)
    const { ready, reasons, warnings } = JSON.parse(await get('/readyz', its)) as Record<string, string[]>
    expect([ready, reasons]).toEqual([true, []])
    for (const way of ['websocket', 'lines'])
      expect(warnings!.join()).toMatch(new RegExp(`since \\S+Z events sent over ${way} do not come in`))
    await silentOutside('/doors')
    expect(await count(its, 'type = canary_missing and (stage = websocket or stage = lines)')).toBe(2)
    its.process.kill('SIGUSR2')
    await eventually(metrics, down('websocket', 1), 30_000)
    // The figure changes a moment before the event is in.
    await eventually(
      () => count(its, 'type = canary_back and stage = websocket'),
      n => n === 1,
    )
    expect(await metrics()).toSatisfy(down('lines', 0))
  } finally {
    await on.close()
    await its.stop()
  }
}, 180_000)

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
