import { createReadStream } from 'node:fs'
import type { Readable } from 'node:stream'
import { Command, Option } from 'commander'
import { Delivery } from '../delivery.ts'
import { eventsIn, FORMATS, type Format, lineReader } from '../lines/index.ts'
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
      try {
        for (const input of inputs) await sender.read(input)
        await sender.flush()
      } catch (error) {
        if (sender.sent > 0) sender.report()
        throw error
      }
      sender.report()
    })
}

class Sender {
  readonly #options: Options
  readonly #delivery: Delivery
  #waiting: string[] = []
  #size = 0
  #since = Date.now()
  #sent = 0
  #accepted = 0
  #rejected = 0
  #reason = ''
  #sending: Promise<void> | undefined

  constructor(options: Options) {
    this.#options = options
    this.#delivery = new Delivery(options, {
      done: (lines, { accepted, rejected, rejected_total = rejected.length }) => {
        this.#sent += lines
        this.#accepted += accepted
        this.#rejected += rejected_total
        if (this.#reason === '' && rejected[0]) this.#reason = ` (first: ${rejected[0].reason})`
      },
      say(sentence) {
        clearCount()
        console.error(`telltale: ${sentence}`)
      },
    })
  }

  /** Lines that are done, accepted or rejected. */
  get sent(): number {
    return this.#sent
  }

  async read(input: Readable): Promise<void> {
    const toEvent = lineReader(this.#options)
    let tail = ''
    const idle = setInterval(() => this.#tick(input), LINGER)
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
    while (this.#sending !== undefined || this.#waiting.length > 0) await this.#next()
  }

  report(): void {
    const { json, url } = this.#options
    const outcome = { sent: this.#sent, accepted: this.#accepted, rejected: this.#rejected }
    clearCount()
    if (json) console.log(JSON.stringify(outcome))
    else console.error(`${outcome.accepted} events accepted by ${url}, ${outcome.rejected} rejected${this.#reason}`)
    if (this.#rejected > 0) process.exitCode = 1
  }

  /** Sends what waits too long for more. Where that fails, reading ends with it. */
  #tick(input: Readable): void {
    if (process.stderr.isTTY) process.stderr.write(`\r${this.#accepted} sent `)
    if (this.#sending !== undefined || this.#waiting.length === 0 || Date.now() - this.#since < LINGER) return
    this.#next().catch(error => input.destroy(error as Error))
  }

  async #line(event: string | undefined): Promise<void> {
    if (event === undefined) return
    if (this.#waiting.length === 0) this.#since = Date.now()
    this.#waiting.push(event)
    this.#size += event.length + 1
    // Behind what cannot be counted nothing may stand: an answer must say where to go on.
    if (this.#size >= PIECE || eventsIn(event) === undefined) await this.#next()
  }

  /** Sends what waits once what is under way is done: whoever reads more has to wait for that. */
  async #next(): Promise<void> {
    while (this.#sending !== undefined) await this.#sending
    const events = this.#waiting
    this.#waiting = []
    this.#size = 0
    this.#sending = this.#delivery.send(events)
    await this.#sending
    this.#sending = undefined
  }
}

function clearCount(): void {
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K')
}
