/** The shop's machines and how each sends its events. */
export type Protocol = 'http' | 'udp' | 'tcp'

export const WEB: readonly string[] = ['dc0-web01', 'dc0-web02', 'dc0-web03']
export const APP: readonly string[] = ['dc0-app01', 'dc0-app02']
export const WORKERS: readonly string[] = ['dc0-worker01', 'dc0-worker02']
export const DB = 'dc0-db01'
export const CACHE = 'dc0-cache01'

const PROTOCOLS: Readonly<Record<string, Protocol>> = {
  'dc0-web01': 'http',
  'dc0-web02': 'http',
  'dc0-web03': 'udp',
  'dc0-app01': 'tcp',
  'dc0-app02': 'http',
  'dc0-worker01': 'tcp',
  'dc0-worker02': 'http',
  [DB]: 'udp',
  [CACHE]: 'udp',
}

export function protocolOf(hostname: string): Protocol {
  return PROTOCOLS[hostname] ?? 'http'
}
