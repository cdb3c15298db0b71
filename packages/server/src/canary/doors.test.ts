import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { tcp, udp } from '@telltale/channels'
import { afterEach, expect, test } from 'vitest'
import { type House, openHouse } from '../house.ts'
import { doorAt } from './knock.ts'

const data = mkdtempSync(join(tmpdir(), 'telltale-doors-'))
let house: House | undefined
afterEach(async () => {
  await house?.stop()
  rmSync(data, { recursive: true, force: true })
})

interface Report {
  well: boolean
  stages: { stage: string; state: string; message?: string; lost: number }[]
}
const get = async <T>(path: string): Promise<T> =>
  (await fetch(house!.url + path, { headers: { authorization: 'Bearer secret' } })).json() as Promise<T>
const states = async (): Promise<Record<string, string>> => {
  const { stages } = await get<Report>('/v1/canary')
  return Object.fromEntries(stages.map(({ stage, state }) => [stage, state]))
}

test('a listener that is dead is noticed and named, whichever it is; the others are well', async () => {
  const lines = tcp({ port: 0, name: 'lines' })
  const datagrams = udp({ port: 0, name: 'datagrams' })
  house = await openHouse({
    data,
    port: 0,
    tokens: { admin: 'secret' },
    canary: { every: 100, limits: { journal: '2s', live: '2s' } },
    channels: [lines, datagrams],
  })
  const all = ['http', 'udp', 'tcp', 'lines', 'datagrams']
  await expect.poll(states, { timeout: 30_000 }).toMatchObject(Object.fromEntries(all.map(name => [name, 'well'])))
  await expect.poll(async () => (await get<Report>('/v1/canary')).well, { timeout: 30_000 }).toBe(true)
  await lines.stop()
  await datagrams.stop()
  await expect.poll(states, { timeout: 30_000 }).toMatchObject({ lines: 'failing', datagrams: 'failing' })
  expect(await states()).toMatchObject({ http: 'well', udp: 'well', tcp: 'well', journal: 'well', live: 'well' })
  const { warnings } = await get<{ warnings: string[] }>('/readyz')
  expect(warnings.join()).toMatch(/since \S+ events sent over lines do not come in: connect ECONNREFUSED/)
  expect(warnings.join()).toMatch(/since \S+ events sent over datagrams do not come in/)
  expect((await get<Report>('/v1/canary')).well).toBe(false)
}, 90_000)

test('what is no address, or of a file, is no door; who does not answer is not waited for without end', async () => {
  for (const address of ['', '/var/log/app.log', 'file:///x', 'tcp://', 'stdin'])
    expect(doorAt('x', address)).toBeUndefined()
  const silent: Server = createServer(() => {})
  await new Promise<void>(done => silent.listen(0, '127.0.0.1', done))
  const { port } = silent.address() as { port: number }
  await expect(doorAt('x', `http://127.0.0.1:${port}`)!.knock(Buffer.from('{}'))).rejects.toThrow(
    'HTTP does not answer',
  )
  silent.close()
}, 30_000)
