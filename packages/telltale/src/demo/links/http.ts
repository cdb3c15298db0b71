import { setTimeout as sleep } from 'node:timers/promises'
import { Backlog, type Link, type LinkState } from './link.ts'

export interface HttpOptions {
  host: string
  port: number
  /** Sent as Bearer. */
  token?: string | undefined
  state: LinkState
  /** Events kept while Telltale is away. Default 20,000. */
  capacity?: number
}

/** Events of one request. */
const BATCH = 1000
/** ms in which events gather. */
const GATHER = 150
const PATIENCE = 10_000
const LONGEST_PAUSE = 3_000

/** NDJSON over HTTP: one request at a time, repeated until it is answered. */
export function http({ host, port, token, state, capacity = 20_000 }: HttpOptions): Link {
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${port}/v1/events`
  const headers = { 'content-type': 'application/x-ndjson', ...(token && { authorization: `Bearer ${token}` }) }
  const backlog = new Backlog(capacity)
  const closing = new AbortController()
  let pumping: Promise<void> | undefined
  const waiting: (() => void)[] = []
  let lost = 0

  async function pump(): Promise<void> {
    let pause = 100
    while (backlog.length > 0) {
      if (backlog.length < BATCH) await rest(GATHER)
      const lines = backlog.take(BATCH)
      const problem = await post(lines)
      if (problem === undefined) {
        state.up()
        pause = 100
        if (backlog.length < capacity / 2) for (const go of waiting.splice(0)) go()
        continue
      }
      state.down(problem)
      backlog.giveBack(lines)
      if (closing.signal.aborted) break
      await rest(pause)
      pause = Math.min(LONGEST_PAUSE, pause * 2)
    }
    pumping = undefined
  }

  /** @returns what is wrong, where the same events may be sent again later */
  async function post(lines: readonly string[]): Promise<string | undefined> {
    try {
      const body = `${lines.join('\n')}\n`
      const response = await fetch(url, { method: 'POST', headers, body, signal: AbortSignal.timeout(PATIENCE) })
      const answer = await response.text()
      if (response.ok) return undefined
      if (response.status === 401 || response.status === 403) return `${url} wants a token: set TELLTALE_TOKEN`
      if (response.status === 429 || response.status >= 500) return `${url} can't take events now (${response.status})`
      lost += lines.length
      state.down(`${url} refuses events (${response.status}): ${answer.slice(0, 200)}`)
      return undefined
    } catch {
      return `nobody answers at ${url}`
    }
  }

  async function rest(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: closing.signal, ref: false }).catch(() => {})
  }

  return {
    get lost() {
      return lost + backlog.lost
    },
    send(line) {
      backlog.push(line)
      pumping ??= pump()
    },
    async room() {
      if (backlog.length >= capacity / 2) await new Promise<void>(resolve => waiting.push(resolve))
    },
    async close() {
      closing.abort()
      for (const go of waiting.splice(0)) go()
      // As long as it goes on: a slow machine needs longer for a whole hour of the past.
      for (let left = Number.POSITIVE_INFINITY; pumping !== undefined && backlog.length < left; ) {
        left = backlog.length
        await Promise.race([pumping, sleep(1000, undefined, { ref: false })])
      }
      lost += backlog.take(capacity).length
    },
  }
}
