import type { Channel } from '@telltale/channels'
import { keepMs } from '@telltale/history'
import { STAGES } from '@telltale/pipeline'
import {
  bytes,
  count,
  duration,
  group,
  type Kind,
  list,
  needed,
  oneOf,
  orFalse,
  type Settings,
  secret,
  setting,
  text,
  that,
  whole,
} from '@telltale/pipeline/setting'
import type { Settled } from './house.ts'

const MIB = 2 ** 20

const channel: Kind<Channel> = that('a channel, as file({ … }) makes one', value => {
  const { name, start, stop } = (value ?? {}) as Partial<Channel>
  return typeof name === 'string' && typeof start === 'function' && typeof stop === 'function'
})

const keep: Kind = that('a time such as "90d", "12h", "2w", "1y" or "forever"', value => {
  try {
    return keepMs(value as string) > 0
  } catch {
    return false
  }
})

const webhook: Kind = {
  expected: 'an address, or an object of url, every',
  read: (value, place) =>
    typeof value === 'string'
      ? value
      : group({ url: setting(needed(secret)), every: setting(duration) }).read(value, place),
}

/** Every setting there is, what it may be, and what it means: what checks a configuration, and what docs/config.md lists. */
export const SETTINGS: Settings = {
  host: setting(text, 'where it listens; default 127.0.0.1'),
  port: setting(whole(0, 65_533), 'HTTP, UDP at +1, TCP at +2; 0 takes free ones; default 7575'),
  data: setting(text, 'the folder where everything is kept; default ./telltale-data'),
  tokens: setting(
    group({
      admin: setting(secret, 'may do everything'),
      read: setting(list(secret, 'texts'), 'may ask and look'),
      send: setting(list(secret, 'texts'), 'may send'),
    }),
  ),
  memory: setting(bytes(), 'all together, at least 800MB; default half of the machine, at most 2 GB'),
  latest: setting(
    group({
      events: setting(count(1), 'events in the ring; default 1,000,000'),
      age: setting(duration, 'how long after they were received; default as long as there is room'),
      memory: setting(bytes(), "the ring's; default a fifth of what is divided"),
    }),
  ),
  history: setting(
    group({
      path: setting(text, 'the folder where everything is kept, where `data` does not say'),
      keep: setting(keep, 'how long after they were received; default 90d'),
      memory: setting(bytes(), "the engine's; default half of what is divided"),
    }),
  ),
  journal: setting(
    group({
      sync: setting(oneOf('always', '50ms', 'os'), 'when an event counts as safe; default 50ms'),
      segmentBytes: setting(bytes(1, 256 * MIB), "a segment is sealed at so many; default a twentieth of the engine's"),
      sealAfter: setting(duration, '… or at this age; default 1000'),
      maxBytes: setting(bytes(), 'on disk and not in the history, beyond which senders wait; default 8GiB'),
    }),
  ),
  standing: setting(
    group({
      maxKeys: setting(count(1), 'keys of one standing query; default 10,000'),
      linger: setting(duration, 'how long it goes on unwatched; default 60,000'),
      maxLingering: setting(count(0), 'how many do; default 100'),
      every: setting(duration, 'between two snapshots; default 10,000'),
      maxQuery: setting(bytes(), 'of one query in a snapshot; default 4MiB'),
      maxSnapshot: setting(bytes(), 'of a snapshot; default 64MiB'),
    }),
  ),
  queries: setting(
    group({
      ms: setting(duration, 'one answer may take; default 5000'),
      cells: setting(count(1), 'keys and aggregates in it; default 2,000,000'),
      values: setting(count(0), 'distinct values counted exactly; default 1,048,576'),
      events: setting(count(1), 'events in it; default 100,000'),
    }),
  ),
  canary: setting(
    orFalse(
      group({
        every: setting(duration, 'between two; default 5s'),
        limits: setting(
          group({
            journal: setting(duration, 'it may be away before that is said; default 5s'),
            live: setting(duration, 'the same'),
            query: setting(duration, 'the same'),
            history: setting(duration, 'the same; default 60s'),
          }),
        ),
        webhook: setting(webhook, 'called while all is well'),
      }),
    ),
    'or false, see host.md',
  ),
  watchdog: setting(
    orFalse(
      group({
        warns: setting(whole(1, 86_400), 'seconds of a hanging main thread until it is said; default 15'),
        ends: setting(whole(1, 86_400), '… and until it is ended; default 120'),
      }),
    ),
    'or false, see durability.md',
  ),
  channels: setting(list(channel, 'channels'), 'further ways in, see channels.md'),
  ...STAGES,
}

const all: Kind<Settled> = group(SETTINGS)

/** What a configuration means: sizes in bytes, times in ms. @throws a sentence that names the place, what was expected and what was found */
export function settings(given: object): Settled {
  return all.read(given, '')
}
