import { spawn } from 'node:child_process'
import { existsSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '@telltale/web'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { AXIS } from '../packages/web/src/tape/painter.ts'
import { openBrowser } from './browser.ts'
import { count, eventually, folder, type Program, send, start } from './program.ts'

let browser: Browser
let program: Program
let page: Page
/** What the page complained about: errors of scripts, and of the content policy. */
let complaints: string[]

beforeAll(async () => {
  if (!existsSync(join(root, 'index.html'))) throw new Error('the page is not built: npm run build -w @telltale/web')
  browser = await openBrowser()
  program = await start()
}, 60_000)

afterAll(async () => {
  await browser?.close()
  await program?.stop()
})

afterEach(async () => {
  await page?.context().close()
})

async function open(hash = '', { url } = program, theme: 'light' | 'dark' = 'light'): Promise<void> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 1000 }, colorScheme: theme })
  page = await context.newPage()
  complaints = []
  page.on('pageerror', error => complaints.push(error.message))
  page.on('console', message => {
    if (message.type() === 'error' && !/status of (400|401)|WebSocket|ERR_CONNECTION/.test(message.text()))
      complaints.push(message.text())
  })
  await page.goto(`${url}/${hash}`)
}

/** Shop events of the last minute, `each` of each type. */
async function shop(each: number, to = program, headers = {}): Promise<void> {
  const now = Date.now()
  const events = Array.from({ length: each }, (_, i) => i).flatMap(i => [
    {
      type: 'page_load',
      hostname: `web0${i % 3}`,
      time: now - i * 500,
      additional_info: { url: `/page${i % 4}`, execution_time: i / 100 },
    },
    {
      type: 'exception',
      hostname: 'web01',
      time: now - i * 500,
      additional_info: { message: `could not obtain connection ${i}` },
    },
  ])
  const { accepted } = await send(to, events.map(event => JSON.stringify(event)).join('\n'), headers)
  expect(accepted).toBe(events.length)
}

/** Pixels of the tape in a colour, told by hue. */
async function coloured(kind: 'red' | 'blue'): Promise<number> {
  return page.locator('tape-view canvas').evaluate((canvas, kind) => {
    const { width, height } = canvas as HTMLCanvasElement
    const { data } = (canvas as HTMLCanvasElement).getContext('2d')!.getImageData(0, 0, width, height)
    let found = 0
    for (let i = 0; i < data.length; i += 4) {
      const [red, blue] = [data[i]!, data[i + 2]!]
      if (kind === 'red' ? red > blue + 80 : blue > red + 80) found++
    }
    return found
  }, kind)
}

const type = async (query: string): Promise<void> => {
  await page.locator('.cm-content').waitFor()
  await page.keyboard.press('/')
  await page.locator('.cm-focused').waitFor()
  await page.keyboard.press('ControlOrMeta+a')
  await page.keyboard.type(query)
  await page.keyboard.press('Enter')
}

describe('the page of a new Telltale', () => {
  test('teaches how to send where nobody ever sent, and shows the first event as it comes', async () => {
    await open()
    const welcome = page.getByRole('heading', { name: 'Send your first event' })
    await welcome.waitFor()
    const commands = await page.locator('welcome-view code').allTextContents()
    expect(commands[0]).toContain(`curl ${program.url}/v1/events`)
    await send(program, JSON.stringify({ type: 'hello', additional_info: { message: 'my first event' } }))
    await page.locator('event-list').getByText('my first event').waitFor()
    await welcome.waitFor({ state: 'detached' })
    expect(complaints).toEqual([])
  })
})

/** Ends a process and its children, if they have not ended already. */
function end(group: number): void {
  try {
    process.kill(-group, 'SIGKILL')
  } catch {}
}

describe('the commands of the welcome', () => {
  test.each([
    [0, 'type = hello'],
    [1, 'type = hello'],
    [2, 'type = log and message = "a line of a log"'],
    [3, 'type = page_load'],
  ])(
    'number %d does what it says, as it stands there',
    async (n, filter) => {
      const fresh = await start()
      const here = folder()
      symlinkSync(join(import.meta.dirname, '../packages'), join(here, 'packages'))
      writeFileSync(join(here, 'app.log'), 'a line of a log\n')
      await open('', fresh)
      const command = await page.locator('welcome-view code').nth(n).textContent()
      const child = spawn('sh', ['-c', command!], { cwd: here, detached: true, stdio: 'ignore' })
      try {
        await eventually(
          () => count(fresh, filter),
          events => events > 0,
        )
      } finally {
        end(child.pid!)
        await fresh.stop()
      }
    },
    60_000,
  )
})

describe('the page', () => {
  beforeAll(() => shop(40))

  test('shows events as marks in the colours of their types, and counts them', async () => {
    await open()
    await eventually(
      () => coloured('red'),
      pixels => pixels > 50,
    )
    await eventually(
      () => coloured('blue'),
      pixels => pixels > 50,
    )
    const counted = page.locator('tape-view .figure b')
    await eventually(
      () => counted.allTextContents(),
      counts => counts.filter(text => text === '40').length === 2,
    )
    await eventually(
      () => page.locator('tape-view .label').allTextContents(),
      labels => labels.some(text => text.includes('page_load')),
    )
    await eventually(
      () => page.locator('type-list li').allTextContents(),
      rows => rows.some(row => row.includes('exception')),
    )
    await page.locator('answer-view .u-over').waitFor()
    expect(complaints).toEqual([])
  })

  test('shows a type that seldom comes on the tape at once, when it is clicked', async () => {
    await open()
    await page.locator('type-list').getByText('exception').click()
    await page.waitForURL(/q=type/)
    await eventually(
      () => page.locator('tape-view .label').allTextContents(),
      labels => labels.length === 1 && labels[0]!.includes('exception'),
      2500,
    )
    await eventually(
      () => coloured('red'),
      pixels => pixels > 20,
      1000,
    )
    expect(complaints).toEqual([])
  })

  test('opens an event of the list as JSON, and a value of it becomes a filter', async () => {
    await open()
    const row = page.locator('event-list li', { hasText: 'could not obtain connection 7' }).first()
    await row.getByRole('button').first().click()
    await row.locator('.json', { hasText: '"message": "could not obtain connection 7"' }).waitFor()
    await row.locator('.json').getByRole('button', { name: '"web01"' }).click()
    await page.waitForURL(/q=hostname/)
    await eventually(
      () => page.locator('.cm-content').textContent(),
      text => text === 'hostname = web01',
    )
    await eventually(
      () => page.locator('event-list .host').allTextContents(),
      hosts => hosts.length > 0 && hosts.every(host => host === 'web01'),
    )
    expect(complaints).toEqual([])
  })

  test('pins the event under a click on the tape', async () => {
    await open('#/live?q=type+%3D+exception&span=1m')
    await eventually(
      () => coloured('red'),
      pixels => pixels > 20,
    )
    await page.keyboard.press(' ')
    await page.getByRole('button', { name: 'Resume' }).waitFor()
    const box = (await page.locator('tape-view canvas').boundingBox())!
    // Somewhere in the last seconds is a mark: the page loads of the tests before came every half second.
    for (let x = box.width - 30; x > 0 && (await page.locator('pinned-event section').count()) === 0; x -= 12) {
      await page.mouse.click(box.x + x, box.y + 13)
      await page.waitForTimeout(30)
    }
    await page.locator('pinned-event .json', { hasText: '"could not obtain connection' }).waitFor()
    await page.getByRole('button', { name: 'Close' }).click()
    await page.locator('pinned-event').waitFor({ state: 'detached' })
    expect(complaints).toEqual([])
  })

  test('dragging over the tape asks about that span, Escape leads back', async () => {
    await open()
    await eventually(
      () => coloured('red'),
      pixels => pixels > 20,
    )
    const box = (await page.locator('tape-view canvas').boundingBox())!
    await page.mouse.move(box.x + box.width - 200, box.y + 13)
    await page.mouse.down()
    await page.mouse.move(box.x + box.width - 20, box.y + 15, { steps: 5 })
    await page.mouse.up()
    await page.waitForURL(/range=\d{4}-/)
    await page.getByRole('heading', { name: 'Events of the span' }).waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('heading', { name: 'Newest events' }).waitFor()
    expect(complaints).toEqual([])
  })

  test('answers a query with rows, bars and what it cost; the link says it all', async () => {
    await open()
    await type('type = page_load | count() as loads, max(execution_time) by url')
    const rows = page.locator('answer-table tbody tr')
    await eventually(
      () => rows.count(),
      count => count === 4,
    )
    expect(await rows.first().textContent()).toMatch(/\/page0.*10.*0\.36/s)
    expect(await page.locator('answer-table .bar').count()).toBe(4)
    expect(
      await rows.first().evaluate(row => [...row.children].findIndex(cell => cell.querySelector('.bar'))),
      'the bars stand behind the loads, which they show',
    ).toBe(2)
    expect(await page.locator('answer-view .stats').textContent()).toMatch(
      /4 rows · \d+ read · [\d.]+ ms · recent.* · exact · live/,
    )
    const { hash } = new URL(page.url())
    await page.context().close()
    await open(hash)
    await eventually(
      () => page.locator('answer-table tbody tr').count(),
      count => count === 4,
    )
    await send(program, JSON.stringify({ type: 'page_load', additional_info: { url: '/page9', execution_time: 1 } }))
    await eventually(
      () => page.locator('answer-table tbody tr').count(),
      count => count === 5,
    )
    expect(complaints).toEqual([])
  })

  test('says for how long it has been asking, stops when told, and asks again', async () => {
    await open()
    await page.locator('answer-view .u-over').waitFor()
    await page.route('**/v1/query', () => {}) // an answer that never comes
    const range = `${new Date(Date.now() - 60_000).toISOString()}..${new Date().toISOString()}`
    await page.goto(`${program.url}/#/live?q=count()&range=${range}`)
    await page.locator('answer-view').getByText('Asking for 3 s…').waitFor()
    const cancelled = page.waitForEvent('requestfailed')
    await page.getByRole('button', { name: 'Stop' }).click()
    await page.locator('answer-view').getByText('Stopped').waitFor()
    await cancelled
    await page.unroute('**/v1/query')
    await page.getByRole('button', { name: 'Ask', exact: true }).click()
    await page.locator('answer-view .big').waitFor()
    expect(complaints).toEqual([])
  })

  test('draws a line graph where there is time in the answer', async () => {
    await open(`#/live?q=${encodeURIComponent('count() by hostname, 10s')}`)
    await page.locator('answer-view .u-over').waitFor()
    await eventually(
      () => page.locator('answer-view .key').textContent(),
      key => key?.includes('web01') === true,
    )
    const times = await page
      .locator('line-graph')
      .evaluate(graph => (graph as HTMLElement & { lines: { times: number[] } }).lines.times)
    // The bucket that still runs would look like a fall.
    expect(Math.max(...times) + 10_000).toBeLessThanOrEqual(Date.now())
  })

  test('explains what is wrong with a query, where, and the way out', async () => {
    await open()
    await type('type = page_load | coutn() by url')
    const alert = page.getByRole('alert')
    await alert.waitFor()
    expect(await alert.textContent()).toMatch(/coutn/)
    expect(await alert.textContent()).toMatch(/did you mean count/i)
    expect(await alert.locator('mark').textContent()).toContain('coutn')
    expect(new URL(page.url()).hash).not.toContain('coutn')
  })

  test('suggests fields and values; Tab takes one', async () => {
    await open()
    await page.locator('event-list li').first().waitFor()
    await page.keyboard.press('/')
    await page.locator('.cm-focused').waitFor()
    await page.keyboard.type('type = page')
    await page.locator('.cm-tooltip-autocomplete li', { hasText: 'page_load' }).waitFor()
    await page.waitForTimeout(100) // nothing is taken in the moment in which the list changes
    await page.keyboard.press('Tab')
    expect(await page.locator('.cm-content').textContent()).toBe('type = page_load')
  })

  test('Escape closes the suggestions and stays, so that Enter asks', async () => {
    await open()
    await page.locator('event-list li').first().waitFor()
    await page.keyboard.press('/')
    await page.locator('.cm-focused').waitFor()
    await page.keyboard.type('type = exception')
    await page.locator('.cm-tooltip-autocomplete').waitFor()
    await page.keyboard.press('Escape')
    await page.locator('.cm-tooltip-autocomplete').waitFor({ state: 'detached' })
    await page.keyboard.press('Enter')
    await page.waitForURL(/q=type\+%3D\+exception/)
    await page.keyboard.press('Escape')
    await page.locator('.cm-focused').waitFor({ state: 'detached' })
  })

  test('says what is wrong with two times, and takes them when they are right', async () => {
    await open()
    await page.getByLabel('Range of the query').selectOption('custom')
    const from = page.getByLabel('from', { exact: true })
    await from.fill('2030-01-02T00:00:00')
    await page.getByLabel('to', { exact: true }).fill('2030-01-01T00:00:00')
    const use = page.getByRole('button', { name: 'Use', exact: true })
    await use.click()
    expect(await from.evaluate(field => (field as HTMLInputElement).validationMessage)).toBe('From must be before to.')
    await from.fill('2029-01-02T00:00:00')
    await use.click()
    await page.waitForURL(/range=20\d\d-/)
  })

  test('copies where the browser gives the page no clipboard', async () => {
    const hash = '#/live?span=15m'
    await open(hash)
    await page.evaluate(() => Object.defineProperty(navigator, 'clipboard', { value: undefined }))
    await page.getByRole('button', { name: 'Copy link' }).click()
    await page.getByRole('button', { name: 'Copied' }).waitFor()
    await page.keyboard.press('/')
    await page.locator('.cm-focused').waitFor()
    await page.keyboard.press('ControlOrMeta+v')
    expect(await page.locator('.cm-content').textContent()).toBe(`${program.url}/${hash}`)
    expect(complaints).toEqual([])
  })

  test('lists what was rejected, with the reason', async () => {
    await send(program, '{"type":"broken')
    await open('#/rejected')
    await page.locator('rejects-view code', { hasText: '{"type":"broken' }).waitFor()
    expect(complaints).toEqual([])
  })

  test('shows the vitals of the machine without being set up', async () => {
    await open('#/host')
    await page.locator('vital-panel', { hasText: 'Processor' }).locator('.u-over').waitFor({ timeout: 20_000 })
    await eventually(
      () => page.locator('vital-panel', { hasText: 'could not be freed' }).locator('.key').textContent(),
      key => /used [\d.]+ [MG]B/.test(key ?? ''),
    )
    expect(complaints).toEqual([])
  })

  test('remembers light and dark', async () => {
    await open('', program, 'dark')
    const theme = () => page.evaluate(() => document.documentElement.dataset['theme'])
    expect(await eventually(theme, value => value !== undefined)).toBe('dark')
    await page.getByRole('button', { name: 'Switch to light' }).click()
    expect(await theme()).toBe('light')
    await page.reload()
    expect(await eventually(theme, value => value !== undefined)).toBe('light')
  })

  test('fits a phone', async () => {
    await open()
    await page.setViewportSize({ width: 390, height: 844 })
    await page.locator('tape-view .compact').waitFor()
    await eventually(
      () => coloured('red'),
      pixels => pixels > 20,
    )
    const wider = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
    expect(wider).toBeLessThanOrEqual(0)
  })

  test('leaves room on a phone for reasons, fingerprints and the end of the first line of a query', async () => {
    await send(program, '{"type":"broken')
    await open('#/rejected')
    await page.setViewportSize({ width: 390, height: 844 })
    const width = async (part: string): Promise<number> => (await page.locator(part).first().boundingBox())!.width
    await page.locator('rejects-view tbody td').first().waitFor()
    expect(await width('rejects-view .why')).toBeGreaterThan(300)
    const query = 'type = exception | count(), uniq(hostname) by md5'
    await page.goto(`${program.url}/#/live?q=${encodeURIComponent(query)}`)
    await page.locator('answer-table td.key').first().waitFor()
    expect(await width('answer-table td.key')).toBeGreaterThan(95)
    const line = (await page.locator('.cm-line').boundingBox())!
    const clear = (await page.locator('query-bar .clear').boundingBox())!
    expect(line.x + line.width).toBeLessThanOrEqual(clear.x)
    const wider = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
    expect(wider).toBeLessThanOrEqual(0)
  })

  test.each([390, 700, 820, 1024, 1600])('marks stand beside their labels at %d pixels', async width => {
    await open()
    await page.setViewportSize({ width, height: 900 })
    const bottom = async (part: string): Promise<number> => {
      const box = await page.locator(`tape-view ${part}`).boundingBox()
      return box === null ? 0 : box.y + box.height
    }
    const off = async (): Promise<number> => (await bottom('canvas')) - (await bottom('.labels > :last-child')) - AXIS
    await eventually(off, pixels => Math.abs(pixels) < 3)
    await page.waitForTimeout(300) // a layout that flips to and fro would have moved by now
    expect(Math.abs(await off())).toBeLessThan(3)
  })
})

describe('the connection', () => {
  test('says when it is lost, and comes back by itself', async () => {
    const first = await start()
    await open('', first)
    await page.getByText('Connected', { exact: true }).waitFor()
    await first.stop()
    await page.getByText('Connection lost').waitFor()
    const second = await start({ port: first.port, data: first.data })
    try {
      await page.getByText('Connected', { exact: true }).waitFor({ timeout: 20_000 })
      await send(second, JSON.stringify({ type: 'back', additional_info: { message: 'here again' } }))
      await page.locator('event-list').getByText('here again').waitFor()
    } finally {
      await second.stop()
    }
  })

  test('asks for the token where the server wants one, and for the tab only', async () => {
    const locked = await start({ env: { TELLTALE_TOKEN: 'sesame-17' } })
    try {
      await shop(3, locked, { authorization: 'Bearer sesame-17' })
      await open('', locked)
      await page.getByText('This Telltale wants a token').waitFor()
      await page.locator('token-dialog input').fill('sesame-17')
      await page.getByRole('button', { name: 'Use it' }).click()
      await page.getByText('Connected', { exact: true }).waitFor()
      await page.locator('event-list').getByText('could not obtain connection 1').waitFor()
      expect(
        await page.evaluate(() => localStorage.length === 0 || !JSON.stringify(localStorage).includes('sesame')),
      ).toBe(true)
      expect(page.url()).not.toContain('sesame')
    } finally {
      await locked.stop()
    }
  })
})
