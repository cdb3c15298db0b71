import { mkdirSync } from 'node:fs'
import { hostname as machine } from 'node:os'
import { join } from 'node:path'
import { type Channel, health, host, tcp, udp } from '@telltale/channels'
import { type Clock, wallClock } from '@telltale/event'
import { history, journal } from '@telltale/history'
import { Pipeline, type Stages } from '@telltale/pipeline'
import { recent } from '@telltale/recent'
import { root as web } from '@telltale/web'
import { Asker } from './ask.ts'
import { guard, type Tokens } from './auth.ts'
import { Live } from './live.ts'
import { server } from './server.ts'

/** Everything a user may decide. */
export interface HouseOptions extends Stages {
  host?: string
  /** HTTP; UDP and TCP follow at +1 and +2. 0 takes free ones. */
  port?: number
  /** The folder where everything is kept. */
  data?: string
  tokens?: Tokens
  latest?: { events?: number; age?: number | string; memory?: number | string }
  history?: { keep?: string }
  journal?: { sync?: 'always' | '50ms' | 'os' }
  /** Further ways in. */
  channels?: readonly Channel[]
  clock?: Clock
  log?: (message: string) => void
}

export interface House {
  /** Where the browser should go. */
  readonly url: string
  readonly pipeline: Pipeline
  /** Stops taking events, flushes, and ends. */
  stop(): Promise<void>
}
