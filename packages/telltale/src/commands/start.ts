import { type EventInput, wallClock } from '@telltale/event'
import { said } from '@telltale/pipeline'
import type { House } from '@telltale/server'
import { Command, InvalidArgumentError, Option } from 'commander'
import { type Config, findConfig, loadConfig, watchConfig } from '../config.ts'
import { ending } from '../ending.ts'
import { goOnWithoutOutput } from '../output.ts'
import { blame, Strays, stackOf } from '../stray.ts'

interface Options {
  port?: number
  host?: string
  data?: string
  config?: string
}

/** `telltale start` */
export function startCommand(): Command {
  return new Command('start')
    .description('receive, keep, answer and show events')
    .addOption(
      new Option('--port <port>', 'HTTP; UDP at +1, TCP at +2; 0 takes free ones').env('TELLTALE_PORT').argParser(port),
    )
    .addOption(new Option('--host <address>', 'where to listen').env('TELLTALE_HOST'))
    .addOption(new Option('--data <folder>', 'where everything is kept').env('TELLTALE_DATA'))
    .addOption(new Option('--config <file>', 'a telltale.config.ts').env('TELLTALE_CONFIG'))
    .action(start)
}

async function start(options: Options): Promise<void> {
  const log = (message: string): void => console.error(`${new Date().toISOString()} ${message}`)
  goOnWithoutOutput()
  const asked = ending(log)
  const leave = (): never => process.exit(0)
  asked.addEventListener('abort', leave) // while there is nothing to close
  const again = new Hangup()
  let house: House | undefined
  const untold: EventInput[] = []
  const tell = (event: EventInput): void => void (house === undefined ? untold.push(event) : house.tell(event))
  survive(new Strays(wallClock, log, tell), log)
  // Loaded only now: it takes a while, in which a signal may come.
  const { openHouse } = await import('@telltale/server')
  const file = findConfig(options.config)
  const config: Config = file === undefined ? {} : await loadConfig(file)
  const { config: _, ...flags } = options
  const token = process.env['TELLTALE_TOKEN']
  const tokens = { ...config.tokens, ...(token ? { admin: token } : {}) }
  const webhook = process.env['TELLTALE_CANARY_WEBHOOK']
  const canary = webhook && config.canary !== false ? { ...config.canary, webhook } : config.canary
  const settings = { ...config, ...(canary === undefined ? {} : { canary }), ...flags, tokens, log }
  asked.removeEventListener('abort', leave)
  const opened = await openHouse({ ...settings, signal: asked }).catch(error => {
    if (asked.aborted) leave()
    throw error
  })
  asked.addEventListener('abort', () => void opened.stop().then(leave))
  house = opened
  for (const event of untold.splice(0)) tell(event)
  again.calls(following(file, opened, log))
  console.log(`Telltale listens at ${opened.url}`)
}

/** Lets a changed configuration take effect. @returns reads it again */
function following(file: string | undefined, house: House, log: (message: string) => void): () => void {
  if (file === undefined) return () => log('SIGHUP: there is no configuration file to read again')
  return watchConfig(file, changed => {
    try {
      if (changed instanceof Error) throw changed
      house.configure(changed)
      log(`${file} takes effect`)
      house.tell({ type: 'config_changed', tags: ['telltale'], message: `${file} takes effect` })
    } catch (error) {
      const message = `${file} is refused, the old one goes on: ${said(error)}`
      log(message)
      house.tell({ type: 'config_refused', tags: ['telltale'], message })
    }
  })
}

/** SIGHUP, which would end a process that is still starting; one that came too early counts. */
class Hangup {
  #early = false
  #call = (): void => {
    this.#early = true
  }

  constructor() {
    process.on('SIGHUP', () => this.#call())
  }

  calls(call: () => void): void {
    this.#call = call
    if (this.#early) call()
  }
}

/**
 * What the configuration's own code fails with where nobody catches it must not take everybody's events with it. What our
 * own does means that something is not as it should be: what was acknowledged is in the journal, so the next start is safer.
 */
function survive(strays: Strays, log: (message: string) => void): void {
  process.on('unhandledRejection', error =>
    strays.say('unhandled_rejection', 'something failed that nobody waited for', error),
  )
  process.on('uncaughtException', error => {
    if (blame(error) === 'ours') {
      log(`BUG: ${stackOf(error)}`)
      process.exit(1)
    }
    strays.say('uncaught_exception', 'code of the configuration threw where nobody catches it', error)
  })
}

function port(text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 0 || value > 65533) throw new InvalidArgumentError('a port is 0 to 65533')
  return value
}
