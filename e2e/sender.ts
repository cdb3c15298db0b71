import { once } from 'node:events'
import { Agent, type IncomingMessage, request } from 'node:http'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { WebSocket } from 'ws'

/**
 * A sender that goes on until it is told to end: it numbers its events from 0 and sends each until it is acknowledged,
 * again where it was refused or the connection broke. So each number below `acknowledged` must be there exactly once.
 */
export interface Sender {
  readonly type: string
  /** All numbers below are acknowledged. */
  readonly acknowledged: number
  /** What it was told beside 202, or how connections broke, and how often. */
  readonly told: ReadonlyMap<string, number>
  /** Resolves once all that was sent is acknowledged. */
  end(): Promise<void>
}

interface Going {
  type: string
  acknowledged: number
  told: Map<string, number>
  ending: boolean
}

function sender(type: string, run: (going: Going) => Promise<void>): Sender {
  const going: Going = { type, acknowledged: 0, told: new Map(), ending: false }
  const ended = run(going)
  return {
    type,
    told: going.told,
    get acknowledged() {
      return going.acknowledged
    },
    end: () => {
      going.ending = true
      return ended
    },
  }
}

function tell({ told }: Going, what: string): void {
  told.set(what, (told.get(what) ?? 0) + 1)
}

function lines({ type }: Going, from: number, events: number): string {
  let text = ''
  for (let n = from; n < from + events; n++) text += `{"type":"${type}","n":${n},"message":"${'x'.repeat(n % 200)}"}\n`
  return text
}

interface Answer {
  accepted: number
  rejected_total?: number
  rejected?: unknown[]
}

/** Requests of so many lines over one connection that is kept. */
export function httpSender(port: number, type: string, events = 200): Sender {
  return sender(type, async going => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    while (!going.ending) {
      try {
        const upload = request({ agent, port, method: 'POST', path: '/v1/events', host: '127.0.0.1' })
        upload.end(lines(going, going.acknowledged, events))
        const { status, answer, headers } = await answered(upload)
        going.acknowledged += answer.accepted ?? 0
        if (status === 202) continue
        tell(going, `${status}${status === 503 && headers['retry-after'] === undefined ? ' without Retry-After' : ''}`)
        await sleep(100)
      } catch (error) {
        tell(going, (error as NodeJS.ErrnoException).code ?? String(error))
        await sleep(50)
      }
    }
    agent.destroy()
  })
}

/** One upload that never ends by itself: what it was told counts as acknowledged, the rest is sent again. */
export function streamSender(port: number, type: string): Sender {
  return sender(type, async going => {
    while (!going.ending) {
      const headers = { 'content-type': 'application/x-ndjson' }
      const upload = request({ port, method: 'POST', path: '/v1/events', host: '127.0.0.1', headers, agent: false })
      let over = false
      const answer = answered(upload).finally(() => {
        over = true
      })
      answer.catch(() => {})
      const started = Date.now()
      for (let n = going.acknowledged; !over && !going.ending && Date.now() - started < 20_000; n += 50) {
        if (!upload.write(lines(going, n, 50))) await Promise.race([once(upload, 'drain'), answer]).catch(() => {})
        await sleep(5)
      }
      if (!over) upload.end()
      try {
        const { status, answer: got } = await answer
        going.acknowledged += got.accepted ?? 0
        if (status !== 202) tell(going, String(status))
      } catch (error) {
        tell(going, (error as NodeJS.ErrnoException).code ?? String(error))
        await sleep(50)
      }
      upload.destroy()
    }
  })
}

/** A connection of lines that asks for answers; where it breaks, what was not answered is sent again. */
export function tcpSender(port: number, type: string): Sender {
  return sender(type, async going => {
    while (!going.ending) {
      const socket = connect(port, '127.0.0.1').on('error', error =>
        tell(going, (error as { code?: string }).code ?? ''),
      )
      let sent = going.acknowledged
      const closed = once(socket, 'close').catch(() => {})
      let text = ''
      socket.setEncoding('utf8').on('data', chunk => {
        const answers = (text + chunk).split('\n')
        text = answers.pop()!
        for (const line of answers) going.acknowledged += (JSON.parse(line) as Answer).accepted
      })
      socket.write('{"telltale":"ack"}\n')
      while (!going.ending && socket.writable && !socket.readableEnded) {
        if (sent - going.acknowledged < 1_000) {
          socket.write(lines(going, sent, 20))
          sent += 20
        }
        await sleep(1)
      }
      if (socket.writable) socket.end()
      await closed
      await sleep(20)
    }
  })
}

/** A WebSocket that awaits each answer before it sends the next. */
export function socketSender(port: number, type: string): Sender {
  return sender(type, async going => {
    while (!going.ending) {
      const socket = new WebSocket(`ws://127.0.0.1:${port}/v1/send`)
      try {
        await once(socket, 'open')
        const closed = once(socket, 'close')
        while (!going.ending) {
          socket.send(lines(going, going.acknowledged, 50))
          const [data] = (await Promise.race([once(socket, 'message'), closed])) as [unknown]
          if (typeof data === 'number') break
          going.acknowledged += (JSON.parse(String(data)) as Answer).accepted
        }
        socket.close()
        await closed
      } catch (error) {
        const { code, message } = error as NodeJS.ErrnoException
        tell(going, code ?? /^Unexpected server response: (\d+)$/.exec(message)?.[1] ?? message)
      }
      await sleep(50)
    }
  })
}

async function answered(
  upload: ReturnType<typeof request>,
): Promise<{ status: number; answer: Answer; headers: IncomingMessage['headers'] }> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    upload.on('response', resolve).on('error', reject)
  })
  let text = ''
  for await (const chunk of response.setEncoding('utf8')) text += chunk
  return { status: response.statusCode!, answer: JSON.parse(text) as Answer, headers: response.headers }
}
