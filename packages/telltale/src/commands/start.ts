import type { House } from '@telltale/server'
import { Command, InvalidArgumentError, Option } from 'commander'
import { type Config, findConfig, loadConfig, watchConfig } from '../config.ts'
import { ending } from '../ending.ts'

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
  const asked = ending(log)
  const leave = (): never => process.exit(0)
  asked.addEventListener('abort', leave) // while there is nothing to close
  let reload = (): void => log('SIGHUP: it is starting, and reads the configuration anyway')
  process.on('SIGHUP', () => reload())
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
  const house = await openHouse({ ...settings, signal: asked }).catch(error => {
    if (asked.aborted) leave()
    throw error
  })
  asked.addEventListener('abort', () => void house.stop().then(leave))
  console.log(`Telltale listens at ${house.url}`)
  reload = following(file, house, log)
  // A promise of the configuration's own code that nobody awaits must not take everybody's events with it.
  process.on('unhandledRejection', error => {
    const message = `something failed that nobody waited for: ${error instanceof Error ? error.stack : String(error)}`
    log(message)
    house.tell({ type: 'unhandled_rejection', tags: ['telltale'], message: message.slice(0, 4_000) })
  })
}

/** Lets a changed configuration take effect. @returns reads it again */
function following(file: string | undefined, house: House, log: (message: string) => void): () => void {
  if (file === undefined) return () => log('SIGHUP: there is no configuration file to read again')
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
  watchConfig(file, take)
  return () => void loadConfig(file).then(take, take)
}

function port(text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 0 || value > 65533) throw new InvalidArgumentError('a port is 0 to 65533')
  return value
}
