import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The real program, running. */
export interface Program {
  readonly url: string
  readonly port: number
  readonly data: string
  readonly process: ChildProcess
  /** What it wrote to stderr so far. */
  log(): string
  /** Ends it as a person would. @returns the exit code */
  stop(signal?: NodeJS.Signals): Promise<number | null>
}

export interface StartOptions {
  port?: number
  data?: string
  args?: readonly string[]
  env?: Readonly<Record<string, string>>
}

const BIN = join(import.meta.dirname, '../packages/telltale/bin/telltale.js')
const folders: string[] = []

/** A folder that goes when the tests end. */
export function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'telltale-e2e-'))
  folders.push(made)
  return made
}

process.on('exit', () => {
  for (const made of folders) rmSync(made, { recursive: true, force: true })
})

/** A port whose next two are free as well. */
export async function freePort(): Promise<number> {
  for (;;) {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    server.close()
    if (port < 65_000) return port
  }
}

/** Runs `telltale start`, which will need a while. */
export function launch(port: number, data: string, { args = [], env = {} }: StartOptions = {}) {
  return spawn(process.execPath, [BIN, 'start', '--port', String(port), '--data', data, ...args], {
    env: { ...process.env, TELLTALE_TOKEN: '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

/** Starts `telltale start` and waits until it says where it listens. */
export async function start(options: StartOptions = {}): Promise<Program> {
  const { port = await freePort(), data = folder() } = options
  const child = launch(port, data, options)
  let log = ''
  child.stderr.setEncoding('utf8').on('data', text => {
    log += text
  })
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', text => {
      const match = /http:\/\/\S+/.exec(text)
      if (match !== null) resolve(match[0].replace(/\/$/, ''))
    })
    child.once('exit', code => reject(new Error(`telltale start ended with ${code}: ${log}`)))
  })
  return {
    url,
    port,
    data,
    process: child,
    log: () => log,
    async stop(signal = 'SIGTERM') {
      if (child.exitCode !== null || child.signalCode !== null) return child.exitCode
      child.kill(signal)
      const [code] = await once(child, 'exit')
      return code as number | null
    },
  }
}

/** Runs a telltale command to its end. */
export async function telltale(
  args: readonly string[],
  input?: string | Buffer,
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [BIN, ...args], { stdio: ['pipe', 'pipe', 'pipe'] })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', text => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', text => (stderr += text))
  child.stdin.end(input)
  const [code] = await once(child, 'close')
  return { code: code as number | null, stdout, stderr }
}

export interface Answer {
  columns: { name: string; type: string }[]
  rows: unknown[][]
  stats: { scanned: number; ms: number; sources: string[]; coverage: string }
}

export async function ask(program: Program, query: string, more: object = {}): Promise<Answer> {
  const response = await fetch(`${program.url}/v1/query`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, ...more }),
  })
  const answer = (await response.json()) as Answer & { error?: { message: string } }
  if (answer.error) throw new Error(answer.error.message)
  return answer
}

/** The number in the only cell of an answer. */
export async function count(program: Program, filter: string): Promise<number> {
  const { rows } = await ask(program, filter === '' ? 'count()' : `${filter} | count()`)
  return rows[0]![0] as number
}

export async function send(
  program: Program,
  body: string | Uint8Array,
  headers: Readonly<Record<string, string>> = {},
): Promise<{
  status: number
  accepted: number
  rejected: { index: number; reason: string }[]
  error?: { message: string }
}> {
  const response = await fetch(`${program.url}/v1/events`, { method: 'POST', headers, body: body as BodyInit })
  return { status: response.status, ...((await response.json()) as { accepted: number; rejected: [] }) }
}

/** Waits until a thing is so; fails with its last value where it never is. */
export async function eventually<T>(
  look: () => Promise<T> | T,
  wanted: (value: T) => boolean,
  ms = 10_000,
): Promise<T> {
  const end = Date.now() + ms
  for (;;) {
    const value = await look()
    if (wanted(value)) return value
    if (Date.now() > end) throw new Error(`still ${JSON.stringify(value)} after ${ms} ms`)
    await new Promise(resolve => setTimeout(resolve, 50))
  }
}
