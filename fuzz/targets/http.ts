import { guard } from '../../packages/server/src/auth.ts'
import { server } from '../../packages/server/src/server.ts'
import { smallHouse } from '../house.ts'
import { mutated } from '../mutate.ts'
import { texts } from '../query-texts.ts'
import { eventLines } from '../samples.ts'
import { must, type Target } from '../target.ts'

let app: Awaited<ReturnType<typeof server>> | undefined
let house: ReturnType<typeof smallHouse>

async function open(): Promise<NonNullable<typeof app>> {
  house = smallHouse()
  const context = {
    ...house,
    allowed: guard({}),
    canary: undefined,
    ready: () => ({ reasons: [], warnings: [] }),
    maxBody: 64 * 1024,
  }
  app = await server(context, house.live, { host: '127.0.0.1', port: 0, tokens: {}, maxQuestions: 1e9 })
  await app.ready()
  return app
}

const TYPES = [
  'application/json',
  'text/plain',
  'application/x-ndjson',
  'application/x-www-form-urlencoded',
  'multipart/form-data',
  ';;',
  '',
]
const METHODS = ['GET', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'] as const

/** A request: method, path and headers on a line each, then the body. */
export const http: Target = {
  name: 'http',
  about: 'requests of any path, headers and body: never a 500, and always JSON that says why not',
  few: 100,
  make(random) {
    const text = encodeURIComponent(random.of(texts()))
    const path = random.of([
      '/v1/events',
      '/v1/query',
      '/v1/events',
      '/v1/query',
      `/v1/events?query=${text}&limit=${random.of(['5', '-1', 'x', '1e9', ''])}`,
      `/v1/events?cursor=${random.of(['a.b', 'zz', '.', '0.0', 'zzzzzzzzzzzzzz.1'])}`,
      `/v1/live?query=${text}`,
      '/v1/rejects',
      '/v1/pipeline',
      '/healthz',
      '/metrics',
      '/%',
      '/v1/%00',
      '/docs/../x',
    ])
    const body = random.chance(0.5)
      ? JSON.stringify({ query: random.of(texts()), from: '-1h', limit: random.of([10, 'x', 1e9]) })
      : eventLines(random)
    const request = Buffer.concat([
      Buffer.from(
        `${random.chance(0.8) ? (path.includes('?') ? 'GET' : 'POST') : random.of(METHODS)}\n${path}\n${random.of(TYPES)}\n${random.of(['', '', 'gzip', 'br', 'zstd', 'zip'])}\n`,
      ),
      Buffer.from(body),
    ])
    return random.chance(0.4) ? request : mutated(random, request, 4)
  },
  async open() {
    await open()
  },
  async run(input) {
    const app_ = app ?? (await open())
    const [method = '', path = '', type = '', encoding = ''] = input.toString('latin1').split('\n', 4)
    const body = input.subarray([method, path, type, encoding].reduce((n, part) => n + part.length + 1, 0))
    const known = METHODS.find(each => each === method)
    // What is no header, or no address, is refused by Node before anybody sees it.
    if (known === undefined || !/^\/[\x21-\x7e]*$/.test(path) || /[^\x20-\x7e]/.test(type + encoding)) return
    if (path.includes('://') || path.startsWith('//') || !URL.canParse(path, 'http://localhost')) return // not to be had by inject
    const headers = {
      host: '127.0.0.1',
      ...(type === '' ? {} : { 'content-type': type }),
      ...(encoding === '' ? {} : { 'content-encoding': encoding }),
    }
    const answering = app_.inject({ method: known, url: path, headers, payload: body })
    // What is gathered goes on at the next tick of the clock.
    let answered = false
    const done = answering.then(answer => {
      answered = true
      return answer
    })
    while (!answered) {
      await new Promise(resolve => setImmediate(resolve))
      house.clock.advance(1)
    }
    const { statusCode, body: text, headers: said } = await done
    must(statusCode !== 500, () => `500 to ${method} ${path}: ${text.slice(0, 300)}`)
    must(said['x-request-id'] !== undefined || statusCode === 400, () => `${statusCode} without a request's id`)
    if (statusCode < 400 || statusCode === 404) return
    const { error } = JSON.parse(text) as { error?: { message?: string } }
    must(
      typeof error?.message === 'string' && error.message !== '',
      () => `${statusCode} to ${method} ${path} without a reason: ${text.slice(0, 300)}`,
    )
  },
}
