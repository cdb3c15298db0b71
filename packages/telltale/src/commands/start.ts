import { constants } from 'node:os'
import { openHouse } from '@telltale/server'
import { Command, InvalidArgumentError, Option } from 'commander'
import { type Config, findConfig, loadConfig, watchConfig } from '../config.ts'

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
  const file = findConfig(options.config)
  const config: Config = file === undefined ? {} : await loadConfig(file)
  const { config: _, ...flags } = options
  const token = process.env['TELLTALE_TOKEN']
  const tokens = { ...config.tokens, ...(token ? { admin: token } : {}) }
  const log = (message: string): void => console.error(`${new Date().toISOString()} ${message}`)
  const webhook = process.env['TELLTALE_CANARY_WEBHOOK']
  const canary = webhook && config.canary !== false ? { ...config.canary, webhook } : config.canary
  const house = await openHouse({ ...config, ...(canary === undefined ? {} : { canary }), ...flags, tokens, log })
  console.log(`Telltale listens at ${house.url}`)
  const take = (changed: Config | Error): void => {
    try {
      if (changed instanceof Error) throw changed
      house.configure(changed)
      log(`${file} takes effect`)
      house.tell({ type: 'config_changed', tags: ['telltale'], message: `${file} takes effect` })
    } catch (error) {
      const message = `${file} is refused, the old one goes on: ${(error as Error).message}`
      log(message)
      house.tell({ type: 'config_refused', tags: ['telltale'], message })
    }
  }
  if (file !== undefined) watchConfig(file, take)
  process.on('SIGHUP', () => {
    if (file === undefined) log('SIGHUP: there is no configuration file to read again')
    else loadConfig(file).then(take, take)
  })
  let stopping = Number.POSITIVE_INFINITY
  const stop = (signal: 'SIGTERM' | 'SIGINT'): void => {
    const since = performance.now() - stopping
    if (since > TWICE) {
      log(`${signal} again: ending at once; what was acknowledged is in the journal`)
      process.exit(128 + constants.signals[signal])
    }
    if (stopping !== Number.POSITIVE_INFINITY) return
    stopping = performance.now()
    log(`${signal}: taking no more, flushing; once more ends at once`)
    void house.stop().then(() => process.exit(0))
  }
  // A promise of the configuration's own code that nobody awaits must not take everybody's events with it.
  process.on('unhandledRejection', error => {
    const message = `something failed that nobody waited for: ${error instanceof Error ? error.stack : String(error)}`
    log(message)
    house.tell({ type: 'unhandled_rejection', tags: ['telltale'], message: message.slice(0, 4_000) })
  })
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
}

/** One Ctrl-C can come twice: from the terminal and from who started this. In ms. */
const TWICE = 300

function port(text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 0 || value > 65533) throw new InvalidArgumentError('a port is 0 to 65533')
  return value
}
