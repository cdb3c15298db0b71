import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Settings } from '@telltale/pipeline/setting'
import { expect, test } from 'vitest'
import { SETTINGS, settings } from './settings.ts'

test.each<[object, string]>([
  ...["'never'", "''", "'ALWAYS'"].map((sync): [object, string] => [
    { journal: { sync: sync.slice(1, -1) } },
    `journal.sync: expected one of "always", "50ms", "os", found "${sync.slice(1, -1)}"`,
  ]),
  [{ journal: { sync: 50 } }, 'journal.sync: expected one of "always", "50ms", "os", found 50'],
  [{ journal: { sync: true } }, 'journal.sync: expected one of "always", "50ms", "os", found true'],
  [{ journal: { sync: null } }, 'journal.sync: expected one of "always", "50ms", "os", found null'],
  [
    { journal: { snyc: 'os' } },
    'journal: there is no setting "snyc"; did you mean "sync"? there are sync, segmentBytes, sealAfter, maxBytes',
  ],
  [{ journal: 'always' }, 'journal: expected an object of sync, segmentBytes, sealAfter, maxBytes, found a string'],
  [{ journal: { maxBytes: 'lots' } }, 'journal.maxBytes: expected bytes or a size such as "512MB", found "lots"'],
  [{ journal: { maxBytes: -1 } }, 'journal.maxBytes: expected bytes or a size such as "512MB", found -1'],
  [
    { journal: { segmentBytes: '1GB' } },
    'journal.segmentBytes: expected bytes or a size such as "512MB" of at most 256MiB, found "1GB"',
  ],
  [
    { jornal: {} },
    'there is no setting "jornal"; did you mean "journal"? there are host, port, data, tokens, memory, latest, history, journal, standing, queries, canary, watchdog, channels, classify, process, calculate, code',
  ],
  [
    { latest: { evnts: 5 } },
    'latest: there is no setting "evnts"; did you mean "events"? there are events, age, memory',
  ],
  [{ latest: { events: 1.5 } }, 'latest.events: expected a whole number from 1 up, found 1.5'],
  [{ latest: { age: '24 hours' } }, 'latest.age: expected ms or a time such as "5s", found "24 hours"'],
  [{ history: { kep: '1d' } }, 'history: there is no setting "kep"; did you mean "keep"? there are path, keep, memory'],
  [
    { history: { keep: '1 day' } },
    'history.keep: expected a time such as "90d", "12h", "2w", "1y" or "forever", found "1 day"',
  ],
  [
    { queries: { mss: 5 } },
    'queries: there is no setting "mss"; did you mean "ms"? there are ms, cells, values, events',
  ],
  [{ queries: { ms: 'x' } }, 'queries.ms: expected ms or a time such as "5s", found "x"'],
  [
    { canary: { evry: '5s' } },
    'canary: there is no setting "evry"; did you mean "every"? there are every, limits, webhook',
  ],
  [{ canary: true }, 'canary: expected false, or an object of every, limits, webhook, found true'],
  [
    { canary: { limits: { histroy: '5s' } } },
    'canary.limits: there is no setting "histroy"; did you mean "history"? there are journal, live, query, history',
  ],
  [{ canary: { webhook: { every: '60s' } } }, 'canary.webhook.url: expected a text that is not empty, found nothing'],
  [{ standing: { maxKeys: 'a' } }, 'standing.maxKeys: expected a whole number from 1 up, found "a"'],
  [{ tokens: { admn: 'x' } }, 'tokens: there is no setting "admn"; did you mean "admin"? there are admin, read, send'],
  [{ tokens: { admin: 5 } }, 'tokens.admin: expected a text that is not empty, found a number'],
  [{ tokens: { read: ['a', ''] } }, 'tokens.read[1]: expected a text that is not empty, found a string'],
  [{ port: 'abc' }, 'port: expected a whole number from 0 to 65533, found "abc"'],
  [{ port: -1 }, 'port: expected a whole number from 0 to 65533, found -1'],
  [{ data: 5 }, 'data: expected a text that is not empty, found 5'],
  [{ memory: '10XB' }, 'memory: expected bytes or a size such as "512MB", found "10XB"'],
  [{ channels: {} }, 'channels: expected an array of channels, found an object'],
  [{ channels: [{}] }, 'channels[0]: expected a channel, as file({ … }) makes one, found an object'],
  [{ watchdog: { warns: 0 } }, 'watchdog.warns: expected a whole number from 1 to 86400, found 0'],
  [{ process: { a: 5 } }, 'process.a: expected code, as in event => …, found a number'],
])('what is no setting, or has no meaning, is refused with its place: %j', (given, reason) => {
  expect(() => settings(given)).toThrow(new Error(reason))
})

test('no message quotes a secret', () => {
  for (const tokens of ['hush', ['hush'], { admin: ['hush'] }, { read: 'hush' }, { send: [{ hush: 1 }] }])
    expect(() => settings({ tokens })).toThrow(/^tokens(?!.*hush)/)
})

test('sizes and times may be written as text; what is undefined is as if it was not there', () => {
  expect(
    settings({
      host: undefined,
      memory: '2GB',
      journal: { sync: 'os', maxBytes: '1MB', segmentBytes: '1MiB', sealAfter: '2s' },
      history: { keep: '90d', memory: '800MB' },
      standing: { maxQuery: '1MiB', linger: '1m' },
      latest: { memory: 1e6, age: undefined },
      watchdog: false,
    }),
  ).toEqual({
    memory: 2e9,
    journal: { sync: 'os', maxBytes: 1e6, segmentBytes: 2 ** 20, sealAfter: 2000 },
    history: { keep: '90d', memory: 8e8 },
    standing: { maxQuery: 2 ** 20, linger: 60_000 },
    latest: { memory: 1e6 },
    watchdog: false,
  })
})

test('what was read once may be read again', () => {
  const once = settings({
    memory: '2GB',
    canary: { every: '5s' },
    code: { stuck: 5 },
    classify: [{ when: 'type = a', tag: 'b' }],
  })
  expect(settings(once)).toEqual(once)
})

/** A line of the document for each setting, those of a group behind it. */
function lines(all: Settings, place = ''): string[] {
  return Object.entries(all).flatMap(([name, { kind, meaning }]) => {
    const own = `| \`${place}${name}\` | ${kind.settings === undefined ? kind.expected : ''} | ${meaning} |`
    const inner = kind.settings === undefined ? [] : lines(kind.settings, `${place}${name}.`)
    return inner.length > 0 && meaning === '' ? inner : [own, ...inner]
  })
}

test('docs/config.md lists every setting, as it is checked', () => {
  const text = readFileSync(join(import.meta.dirname, '../../../docs/config.md'), 'utf8')
  expect(text.split('\n').filter(line => line.startsWith('| `'))).toEqual(lines(SETTINGS))
})
