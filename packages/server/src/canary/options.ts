import { interval } from '@telltale/channels'
import { STAGES, type StageName } from './stage.ts'

export interface CanaryOptions {
  /** Time between two canaries: `5s`, or ms. Default 5 s. */
  every?: string | number
  /** How long one may be away before it is said that it does not come back. Default 5 s, for the history 60 s. */
  limits?: Partial<Record<StageName, string | number>>
  /** An address that is called while all is well, every minute where nothing else is said; its silence means trouble. */
  webhook?: string | { url: string; every?: string | number }
}

/** What the options mean, in ms. */
export interface CanarySettings {
  readonly every: number
  readonly limits: Record<StageName, number>
  readonly webhook?: { readonly url: URL; readonly every: number }
}

/** @throws a sentence where an option cannot be understood */
export function canarySettings({ every = '5s', limits = {}, webhook }: CanaryOptions): CanarySettings {
  for (const name of Object.keys(limits))
    if (!STAGES.includes(name as StageName))
      throw new Error(`canary.limits: there is no stage "${name}"; there are ${STAGES.join(', ')}`)
  const limit = (name: StageName): number =>
    interval(limits[name] ?? (name === 'history' ? '60s' : '5s'), `canary.limits.${name}`)
  const settings = {
    every: atLeast(LEAST, every, 'canary.every'),
    limits: { journal: limit('journal'), live: limit('live'), query: limit('query'), history: limit('history') },
  }
  if (webhook === undefined) return settings
  const { url, every: calls = '60s' } = typeof webhook === 'string' ? { url: webhook } : webhook
  return { ...settings, webhook: { url: address(url), every: atLeast(1000, calls, 'canary.webhook.every') } }
}

/** ms between two canaries, at least: more often would tell no more. */
const LEAST = 100

function atLeast(least: number, value: string | number, option: string): number {
  const ms = interval(value, option)
  if (ms >= least) return ms
  throw new Error(`${option} must be at least ${least} ms, found ${JSON.stringify(value)}`)
}

/** The address is a secret: no message quotes it. */
function address(text: unknown): URL {
  const url = typeof text === 'string' && URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined) throw new Error('canary.webhook must be an address like https://example.com/ping')
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    throw new Error(`canary.webhook must begin with https:// or http://, found ${url.protocol}`)
  if (url.username !== '' || url.password !== '')
    throw new Error('canary.webhook must hold no user and password: use an address that is a secret itself')
  return url
}
