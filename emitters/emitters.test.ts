import { execFile, execFileSync } from 'node:child_process'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

interface Emitter {
  file: string
  protocol: 'udp' | 'http'
  /** Programs that must be installed; the last one found missing names the skip. */
  needs: string[]
  /** Run once, in the temporary folder that holds a copy of the file. */
  build?: string[]
  run: string[]
  /** The language's own library can't tell the host's name: the sender's address stands for it. */
  nameless?: boolean
}

const root = join(import.meta.dirname, '..')
const jiti = join(root, 'node_modules/.bin/jiti')

const emitters: Emitter[] = [
  { file: 'telltale.mjs', protocol: 'udp', needs: ['node'], run: ['node', 'telltale.mjs'] },
  { file: 'telltale.ts', protocol: 'http', needs: [jiti], run: [jiti, 'telltale.ts'] },
  { file: 'telltale.py', protocol: 'udp', needs: ['python3'], run: ['python3', 'telltale.py'] },
  { file: 'telltale.rb', protocol: 'udp', needs: ['ruby'], run: ['ruby', '-w', 'telltale.rb'] },
  { file: 'telltale.php', protocol: 'udp', needs: ['php'], run: ['php', 'telltale.php'] },
  { file: 'telltale.go', protocol: 'udp', needs: ['go'], build: ['go', 'build', 'telltale.go'], run: ['./telltale'] },
  {
    file: 'telltale.rs',
    protocol: 'udp',
    needs: ['rustc'],
    build: ['rustc', '-D', 'warnings', 'telltale.rs'],
    run: ['./telltale'],
    nameless: true,
  },
  {
    file: 'Telltale.java',
    protocol: 'udp',
    needs: ['java', 'javac'],
    build: ['javac', 'Telltale.java'],
    run: ['java', 'Telltale'],
    nameless: true,
  },
  { file: 'telltale.pl', protocol: 'udp', needs: ['perl'], run: ['perl', 'telltale.pl'] },
  {
    file: 'telltale.c',
    protocol: 'udp',
    needs: ['cc'],
    build: ['cc', '-Wall', '-Wextra', '-Werror', '-O2', 'telltale.c', '-o', 'telltale'],
    run: ['./telltale'],
  },
  { file: 'telltale.sh', protocol: 'http', needs: ['sh', 'curl', 'sed'], run: ['sh', '-eu', 'telltale.sh'] },
]

const info = {
  url: 'http://mysite.com/page0?q="a\\b"&r=\'$HOME`%s%n',
  execution_time: 0.546999,
  message: 'line one\nline two\tend',
  words: 'Grüße, 東京 🛒',
  nested: { list: [1, 2.5, 'three', null, true, {}], none: {} },
}
const types = ['page_load', 'käse "and" back\\slash']

/** Everything any emitter sent, and from where it came. */
interface Arrival {
  protocol: 'udp' | 'http'
  event: { type: string; hostname?: string; additional_info: object }
  authorization: string | undefined
}
const arrivals: Arrival[] = []
let udp: Socket
let http: Server
let port: number
let folder: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'telltale-emitters-'))
  http = createServer(async (request, response) => {
    const event = JSON.parse(await text(request))
    expect(`${request.method} ${request.url}`).toBe('POST /v1/events')
    arrivals.push({ protocol: 'http', event, authorization: request.headers.authorization })
    response.writeHead(202).end('{"accepted":1,"rejected":[]}')
  })
  ;[udp, port] = await listenAsPair()
  udp.on('message', bytes => {
    arrivals.push({ protocol: 'udp', event: JSON.parse(bytes.toString()), authorization: undefined })
  })
})

afterAll(() => {
  udp.close()
  http.close()
  rmSync(folder, { recursive: true })
})

/** HTTP on a free port and UDP on the next one, as the server has them. */
async function listenAsPair(): Promise<[Socket, number]> {
  for (;;) {
    await once(http.listen(0, '127.0.0.1'), 'listening')
    const { port } = http.address() as AddressInfo
    const socket = createSocket('udp4')
    const failed = once(socket, 'error')
    socket.bind(port + 1, '127.0.0.1')
    if (await Promise.race([once(socket, 'listening').then(() => true), failed.then(() => false)]))
      return [socket, port]
    http.close()
    await once(http, 'close')
  }
}

function installed(program: string): boolean {
  try {
    execFileSync('sh', ['-c', 'command -v "$0"', program])
    return true
  } catch {
    return false
  }
}

for (const emitter of emitters) {
  const missing = emitter.needs.filter(program => !installed(program))
  const skipped = missing.length > 0 ? ` (skipped: ${missing.join(', ')} not installed)` : ''

  describe.skipIf(missing.length > 0)(`${emitter.file}${skipped}`, () => {
    let home: string

    beforeAll(() => {
      home = mkdtempSync(join(folder, `${emitter.file}-`))
      copyFileSync(join(import.meta.dirname, emitter.file), join(home, emitter.file))
      const [program, ...args] = emitter.build ?? []
      if (program !== undefined) execFileSync(program, args, { cwd: home })
    }, 120_000)

    /** Runs it as a program; rejects where it exits with an error or complains on stderr. */
    async function emit(args: string[], env: Record<string, string>): Promise<void> {
      const [program, ...rest] = emitter.run
      const done = await promisify(execFile)(program!, [...rest, ...args], {
        cwd: home,
        env: { ...process.env, TELLTALE_HOST: '127.0.0.1', ...env },
      })
      expect(done).toEqual({ stdout: '', stderr: '' })
    }

    /** The one event of this type, once it is here. */
    async function arrived(type: string): Promise<Arrival> {
      await expect.poll(() => arrivals.filter(({ event }) => event.type === type).length, { timeout: 20_000 }).toBe(1)
      return arrivals.splice(
        arrivals.findIndex(({ event }) => event.type === type),
        1,
      )[0]!
    }

    it('is under 20 lines', () => {
      const lines = readFileSync(join(home, emitter.file), 'utf8').trimEnd().split('\n')
      expect(lines.length).toBeLessThan(20)
      for (const line of lines) expect(line.length).toBeLessThanOrEqual(150)
    })

    it.each(types)('sends an event of type %s as it was given', async type => {
      await emit([type, JSON.stringify(info)], { TELLTALE_PORT: String(port), TELLTALE_TOKEN: 'sesame' })
      const { protocol, event, authorization } = await arrived(type)
      const expected = { type, additional_info: info, ...(emitter.nameless ? {} : { hostname: hostname() }) }
      expect(event).toEqual(expected)
      expect(protocol).toBe(emitter.protocol)
      expect(authorization).toBe(emitter.protocol === 'http' ? 'Bearer sesame' : undefined)
    })

    it('needs no info and no token', async () => {
      await emit(['login'], { TELLTALE_PORT: String(port), TELLTALE_TOKEN: '' })
      const { event, authorization } = await arrived('login')
      expect(event.additional_info).toEqual({})
      expect(authorization).toBeUndefined()
    })

    it('fails silently where nobody listens', async () => {
      await emit(['login', '{}'], { TELLTALE_PORT: '9' })
      await emit(['login', '{}'], { TELLTALE_PORT: '65535' })
      await emit(['login', '{}'], { TELLTALE_PORT: String(port), TELLTALE_HOST: 'no such host' })
    })
  })
}

describe('telltale.ts', () => {
  it('passes the strictest type check', () => {
    const tsc = join(root, 'node_modules/.bin/tsc')
    const flags = ['--noEmit', '--strict', '--target', 'es2023', '--module', 'nodenext', '--types', 'node']
    execFileSync(tsc, [...flags, '--ignoreConfig', join(import.meta.dirname, 'telltale.ts')], {
      cwd: root,
      stdio: 'pipe',
    })
  })
})
