import { once } from 'node:events'
import { readTime } from '@telltale/event'
import { Command, InvalidArgumentError, Option } from 'commander'
import { wrap } from './announce.ts'
import { type DemoOptions, demo } from './demo.ts'
import type { Incident } from './incidents/incident.ts'
import { incidentNamed, incidents } from './incidents/index.ts'

interface Flags {
  host: string
  port: number
  token?: string
  incident?: Incident[]
  list?: boolean
  seed: number
  rate: number
  speed: number
  start?: number
  duration?: number
  backfill?: number
  sockets: number
  json?: boolean
  print?: boolean
}

/** `telltale demo --backfill 1h --incident socket-leak` */
export function demoCommand(): Command {
  const names = incidents.map(incident => incident.name).join(', ')
  return new Command('demo')
    .description('run a small shop in production, with incidents, and send everything that happens in it')
    .addOption(new Option('--host <host>', 'where Telltale is').env('TELLTALE_HOST').default('127.0.0.1'))
    .addOption(
      new Option('--port <port>', 'its HTTP port; UDP is the next one, TCP the one after')
        .env('TELLTALE_PORT')
        .argParser(wholeNumber(1, 65_533))
        .default(7575),
    )
    .addOption(new Option('--token <token>', 'sent with HTTP').env('TELLTALE_TOKEN'))
    .option('--incident <names>', `let these happen in turn: ${names}, or none (default: all in turn)`, readIncidents)
    .option('--list', 'tell the story of each incident and the queries that show it')
    .option('--seed <number>', 'the same seed and start give the same events', wholeNumber(0, 2 ** 53), 1)
    .option('--rate <number>', 'events per second, averaged over a day', number(1, 100_000), 40)
    .option(
      '--speed <factor>',
      'how fast time passes; above 1 it begins in the past and catches up with now',
      number(0.01, 10_000),
      1,
    )
    .option('--start <time>', 'when the story begins, ISO 8601 or ms since the epoch', readStart)
    .option('--duration <time>', 'how much of it is told, such as 5m', duration)
    .option(
      '--backfill <time>',
      'how much of it is past already and sent at once, such as 1h; with --start, all that is',
      duration,
    )
    .option('--sockets <number>', 'UDP sockets the socket leak may really open', wholeNumber(0, 100_000), 800)
    .option('--json', 'print the events as NDJSON instead of sending them; with --list, the incidents as JSON')
    .option('--print', 'the same as --json')
    .action(async (flags: Flags) => (flags.list ? list(flags.json === true) : run(flags)))
}

async function run({ incident, json, print, list: _, ...options }: Flags): Promise<void> {
  const printing = json === true || print === true
  const { host, port } = options
  const show: DemoOptions = { ...options, say: line => console.error(line) }
  if (incident !== undefined) show.incidents = incident
  if (printing) show.print = printLine
  else console.error(`a small shop tells ${host}:${port} what happens in it; Ctrl-C ends it`)
  const running = demo(show)
  const stop = (): void => running.stop()
  process.once('SIGINT', stop).once('SIGTERM', stop)
  await running.run()
  process.off('SIGINT', stop).off('SIGTERM', stop)
}

async function printLine(line: string): Promise<void> {
  if (!process.stdout.write(`${line}\n`)) await once(process.stdout, 'drain')
}

function list(json: boolean): void {
  for (const { name, title, story, queries } of incidents) {
    if (json) console.log(JSON.stringify({ name, title, story, queries }))
    else console.log(`${name}: ${title}\n${wrap(story)}\n${queries.map(query => `      ${query}`).join('\n')}\n`)
  }
}

function readIncidents(text: string): Incident[] {
  if (text === 'none') return []
  return text.split(',').map(name => {
    const incident = incidentNamed(name.trim())
    if (incident !== undefined) return incident
    throw new InvalidArgumentError(
      `No incident is called "${name}"; there are ${incidents.map(({ name }) => name).join(', ')}, or none.`,
    )
  })
}

function readStart(text: string): number {
  const time = readTime(text)
  if (time === undefined) throw new InvalidArgumentError('A time looks like 2026-11-22T09:00:00Z.')
  return time
}

/** `90s 5m 1h 1d` as ms. */
function duration(text: string): number {
  const [, amount, unit = 's'] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)?$/.exec(text) ?? []
  const ms = Number(amount) * ({ ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }[unit] ?? Number.NaN)
  if (!(ms > 0)) throw new InvalidArgumentError('A duration looks like 90s, 5m, 1h or 1d.')
  return ms
}

function number(least: number, most: number): (text: string) => number {
  return text => {
    const value = Number(text)
    if (text.trim() !== '' && value >= least && value <= most) return value
    throw new InvalidArgumentError(`Expected a number from ${least} to ${most}.`)
  }
}

function wholeNumber(least: number, most: number): (text: string) => number {
  const read = number(least, most)
  return text => {
    const value = read(text)
    if (Number.isSafeInteger(value)) return value
    throw new InvalidArgumentError('Expected a whole number.')
  }
}
