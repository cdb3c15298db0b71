/// <reference types="vite/client" />
import { print } from '@telltale/query'
import { randomCase, readScript } from '@telltale/query/conformance'
import type { Random } from '../packages/query/src/seeded.ts'
import { hostile } from './hostile.ts'
import { mutated } from './mutate.ts'

const scripts = import.meta.glob<string>('../conformance/*.test', { query: '?raw', import: 'default', eager: true })
let all: readonly string[] | undefined

/** Every query of the conformance scripts, and every text there that is none. */
export function texts(): readonly string[] {
  all ??= Object.values(scripts).flatMap(script => {
    const { cases, errors } = readScript(script)
    return [...cases, ...errors].map(({ text }) => text)
  })
  return all
}

const WORDS = [
  ...['type', 'x', 'y', 's', 'a.b', 'time', 'tags', 'hostname', '`weird key`', 'additional_info.x', 'seq', 'md5'],
  ...[
    '=',
    '!=',
    '<',
    '>=',
    '~',
    '!~',
    'in',
    'not',
    'and',
    'or',
    'has',
    '(',
    ')',
    ',',
    '|',
    '|',
    '|',
    '+',
    '- ',
    '*',
    '/',
    '%',
  ],
  ...[
    '1',
    '2.5',
    '404',
    '-1',
    '"a"',
    "'b'",
    'true',
    'null',
    '*a*',
    '/a+/',
    '/(a|b)*$/i',
    'tag:slow',
    'text:web',
    'exception',
  ],
  ...[
    'count()',
    'sum(x)',
    'p99(x)',
    'uniq(s)',
    'top(s, 2)',
    'countif(x > 1)',
    'quantile(x, 0.3)',
    'first(s)',
    'rate(1m)',
    'histogram(y)',
    'avg(x) as m',
  ],
  ...[
    'by',
    'x, 1m',
    '10s',
    '1d in "Europe/Berlin"',
    'over',
    '1m',
    'every 5s',
    '3 events',
    'set v =',
    'where',
    'sort',
    'count',
    'desc',
    'limit',
    '3',
    'last 1h |',
    'between 2026-11-22 and',
  ],
] as const

function soup(random: Random): string {
  return random.some(14, () => random.of(WORDS)).join(' ')
}

/** A text that may be a query: one of the scripts with some bytes changed, words at random, a query made up, or one that means harm. */
export function queryText(random: Random): Buffer {
  const kind = random.next()
  if (kind < 0.35) return mutated(random, Buffer.from(random.of(texts())))
  if (kind < 0.65) return Buffer.from(soup(random))
  if (kind > 0.95) return Buffer.from(hostile(random))
  const text = Buffer.from(print(randomCase(random.below(2 ** 31), 0).query))
  return random.chance(0.6) ? text : mutated(random, text, 2)
}
