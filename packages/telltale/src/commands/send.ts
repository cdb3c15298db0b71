import { createReadStream } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { Command, Option } from 'commander'
import { FORMATS, type Format, lineReader } from '../lines/index.ts'
import { type Remote, tokenOption, urlOption } from '../remote.ts'

interface Options extends Remote {
  type?: string
  hostname?: string
  format: Format
  json?: boolean
}

/** A request carries about this many bytes … */
const PIECE = 512 * 1024
/** … or what came in this many ms. */
const LINGER = 200

/** `tail -f app.log | telltale send --type log` */
export function sendCommand(): Command {
  return new Command('send')
    .description('send lines of a file or of standard input as events')
    .argument('[files...]', 'files to read; standard input without any')
    .option('--type <type>', 'type of events that name none')
    .option('--hostname <name>', 'hostname of events that name none')
    .addOption(
      new Option('--format <format>', 'what a line is: json, plain text, or an access log')
        .choices(FORMATS)
        .default('auto'),
    )
    .option('--json', 'print the outcome as JSON')
    .addOption(urlOption())
    .addOption(tokenOption())
    .action(async (files: string[], options: Options) => {
      const sender = new Sender(options)
      const inputs = files.length > 0 ? files.map(file => createReadStream(file)) : [process.stdin]
      for (const input of inputs) await sender.read(input)
      await sender.flush()
      sender.report()
    })
}

class Sender {
  readonly #options: Options
  readonly #waiting: string[] = []
  #size = 0
  #since = Date.now()
  #sent = 0
  #accepted = 0
  #rejected = 0
  #reason = ''
  #sending: Promise<void> = Promise.resolve()

  constructor(options: Options) {
    this.#options = options
  }

  async read(input: NodeJS.ReadableStream): Promise<void> {
    const toEvent = lineReader(this.#options)
    let tail = ''
    const idle = setInterval(() => void this.#tick(), LINGER)
    try {
      for await (const chunk of input.setEncoding('utf8') as AsyncIterable<string>) {
        const lines = (tail + chunk).split('\n')
        tail = lines.pop()!
        for (const line of lines) await this.#line(toEvent(line))
      }
      await this.#line(toEvent(tail))
    } finally {
      clearInterval(idle)
    }
  }

  async flush(): Promise<void> {
    await this.#sending
    if (this.#waiting.length > 0) await this.#post()
  }

  report(): void {
    const { json, url } = this.#options
    const outcome = { sent: this.#sent, accepted: this.#accepted, rejected: this.#rejected }
    if (process.stderr.isTTY) process.stderr.write('\r\x1b[K')
    if (json) console.log(JSON.stringify(outcome))
    else console.error(`${outcome.accepted} events accepted by ${url}, ${outcome.rejected} rejected${this.#reason}`)
    if (this.#rejected > 0) process.exitCode = 1
  }

  async #tick(): Promise<void> {
    if (this.#waiting.length > 0 && Date.now() - this.#since >= LINGER) await this.#next()
    if (process.stderr.isTTY) process.stderr.write(`\r${this.#accepted} sent `)
  }

  async #line(event: string | undefined): Promise<void> {
    if (event === undefined) return
    if (this.#waiting.length === 0) this.#since = Date.now()
    this.#waiting.push(event)
    this.#size += event.length + 1
    if (this.#size >= PIECE) await this.#next()
  }

  #next(): Promise<void> {
    this.#sending = this.#sending.then(() => this.#post())
    return this.#sending
  }

  async #post(): Promise<void> {
    if (this.#waiting.length === 0) return
    const events = this.#waiting.splice(0)
    this.#size = 0
    const answer = await this.#deliver(events)
    this.#sent += events.length
    this.#accepted += answer.accepted
    this.#rejected += answer.rejected_total ?? answer.rejected.length
    if (this.#reason === '' && answer.rejected[0]) this.#reason = ` (first: ${answer.rejected[0].reason})`
  }

  /** Sends until it is taken: waits as long as the server says, and through restarts. */
  async #deliver(events: readonly string[]): Promise<Outcome> {
    const body = `${events.join('\n')}\n`
    const { url, token } = this.#options
    for (let attempt = 0; ; attempt++) {
      let problem: string
      let wait = Math.min(5000, 200 * 2 ** attempt)
      try {
        const headers = {
          'content-type': 'application/x-ndjson',
          ...(token ? { authorization: `Bearer ${token}` } : {}),
        }
        const response = await fetch(new URL('/v1/events', url), { method: 'POST', headers, body })
        if (response.status === 202) return (await response.json()) as Outcome
        const text = await response.text()
        if (response.status === 400) return refusedAll(text, events.length)
        if (response.status !== 503 && response.status !== 429) throw new Refused(`${response.status}: ${text}`)
        problem = text
        wait = 1000 * Number(response.headers.get('retry-after') ?? 1)
      } catch (error) {
        if (error instanceof Refused) throw error
        problem = (error as { cause?: { code?: string } }).cause?.code ?? (error as Error).message
      }
      if (attempt === 8) throw new Error(`${url} does not take events (${problem})`)
      await sleep(wait)
    }
  }
}

/** The outcome where an answer refuses each line that was sent: those behind may be better. */
function refusedAll(text: string, lines: number): Outcome {
  try {
    const { accepted, rejected = [], rejected_total = rejected.length } = JSON.parse(text) as Partial<Outcome>
    if (accepted === 0 && rejected_total === lines) return { accepted, rejected, rejected_total }
  } catch {}
  throw new Refused(`400: ${text}`)
}

class Refused extends Error {}

interface Outcome {
  accepted: number
  rejected: { reason: string }[]
  rejected_total?: number
}
