import { type Protocol, protocolOf } from '../shop/hosts.ts'
import type { DemoEvent } from '../shop/moment.ts'
import { http } from './http.ts'
import type { Link, LinkState } from './link.ts'
import { tcp } from './tcp.ts'
import { udp } from './udp.ts'

export interface LinksOptions {
  host: string
  /** HTTP; UDP is the next port, TCP the one after. */
  port: number
  token?: string | undefined
  /** Told when Telltale goes away, and when it is back. */
  say(line: string): void
}

/** Every host's way to Telltale. */
export interface Links {
  /** Sends as the event's host does. */
  live(event: DemoEvent): void
  /** Sends an event of the past, over HTTP whatever its host: nothing of a whole hour at once may get lost. */
  past(event: DemoEvent): Promise<void>
  close(): Promise<void>
  readonly lost: number
}

export function links({ host, port, token, say }: LinksOptions): Links {
  const state = announcer(say)
  const ways: Record<Protocol, Link> = {
    http: http({ host, port, token, state }),
    udp: udp({ host, port: port + 1 }),
    tcp: tcp({ host, port: port + 2 }),
  }
  const all = Object.values(ways)
  return {
    get lost() {
      return all.reduce((sum, link) => sum + link.lost, 0)
    },
    live: event => ways[protocolOf(event.hostname)].send(JSON.stringify(event)),
    async past(event) {
      await ways.http.room()
      ways.http.send(JSON.stringify(event))
    },
    close: async () => void (await Promise.all(all.map(link => link.close()))),
  }
}

/** Says what changes, once. */
function announcer(say: (line: string) => void): LinkState {
  let trouble: string | undefined
  return {
    up() {
      if (trouble !== undefined) say('Telltale is there again')
      trouble = undefined
    },
    down(reason) {
      if (reason !== trouble) say(`${reason}; trying again, and forgetting what gets too old`)
      trouble = reason
    },
  }
}
