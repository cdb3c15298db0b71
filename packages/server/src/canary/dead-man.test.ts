import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { DeadMan } from './dead-man.ts'

let server: Server
let deadMan: DeadMan
afterEach(() => {
  deadMan.stop()
  server.closeAllConnections()
  server.close()
})

const SECRET = '/ping/5ecre7'

/** A service that waits to be called, and one who calls it every minute. */
async function made(answer: RequestListener) {
  const called: string[] = []
  const log: string[] = []
  server = createServer((request, response) => {
    called.push(`${request.method} ${request.url}`)
    answer(request, response)
  })
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}${SECRET}`)
  deadMan = new DeadMan({ url, every: 60_000, log: line => log.push(line) })
  return { called, log }
}

const settled = (): Promise<void> => new Promise(resolve => setTimeout(resolve, 100))

/** All is well from one second to another, said every second. */
async function well(from: number, to: number): Promise<void> {
  for (let second = from; second <= to; second++) {
    deadMan.well(second * 1000)
    if (second % 60 === 0 || second % 60 === 10) await settled()
  }
}

test('it calls every minute for as long as it is told that all is well, and never otherwise', async () => {
  const { called, log } = await made((_, response) => response.end('OK'))
  await settled()
  expect(called).toEqual([])
  await well(0, 180)
  expect(called).toEqual(new Array(4).fill(`GET ${SECRET}`))
  await settled()
  expect(called).toHaveLength(4)
  await well(1020, 1020)
  expect(called).toHaveLength(5)
  expect(deadMan.report).toEqual({ calls: 5, failures: 0 })
  expect(log).toEqual([])
})

test('what fails is tried again after ten seconds, counted, and said once without the address', async () => {
  let status = 500
  const { called, log } = await made((_, response) => response.writeHead(status).end('no'))
  await well(0, 10)
  expect(called).toHaveLength(2)
  expect(deadMan.report).toEqual({ calls: 2, failures: 2, failing: 'it answers 500' })
  expect(log).toEqual(['canary: the webhook cannot be called: it answers 500'])
  status = 204
  await well(60, 70)
  expect(deadMan.report).toEqual({ calls: 3, failures: 2 })
  expect(log[1]).toBe('canary: the webhook can be called again')
  server.closeAllConnections()
  server.close()
  await well(180, 180)
  expect(deadMan.report).toMatchObject({ failures: 3, failing: 'ECONNREFUSED' })
  expect(log.join()).not.toContain('5ecre7')
})

test('it follows nobody elsewhere', async () => {
  const { called } = await made((_, response) => response.writeHead(302, { location: '/elsewhere' }).end())
  await well(0, 0)
  expect(called).toEqual([`GET ${SECRET}`])
  expect(deadMan.report.failing).toBe('it redirects (302), which is not followed')
})

test('who does not answer, or never ends, is called once at a time', async () => {
  const { called } = await made((_, response) => response.writeHead(200).write('a body that never ends'))
  await well(0, 0)
  expect(deadMan.report).toEqual({ calls: 1, failures: 0 })
  server.removeAllListeners('request')
  server.on('request', request => called.push(`silent ${request.url}`))
  await well(60, 600)
  expect(called).toHaveLength(2)
  expect(deadMan.report.calls).toBe(2)
})
