import type { Random } from '../packages/query/src/seeded.ts'

const repeated = (text: string, n: number): string => text.repeat(n)
const listed = (n: number, item: (i: number) => string, between = ', '): string =>
  Array.from({ length: n }, (_, i) => item(i)).join(between)

/** Queries made to take long or much, each with a size. */
const SHAPES: readonly ((n: number, random: Random) => string)[] = [
  n => `${repeated('(', n)}x = 1${repeated(')', n)}`,
  n => `${repeated('not ', n)}x = 1`,
  n => `x > ${repeated('- ', n)}1`,
  n => `x > ${repeated('(1 + ', n)}x${repeated(')', n)}`,
  n => `x > ${repeated('x + ', n)}1`,
  n => listed(n, i => `x = ${i}`, ' or '),
  n => listed(n, i => `"t${i}"`, ' and '),
  n => `x in (${listed(n, i => `${i}`)})`,
  n => `s ~ ${repeated('*a', n)}*b`,
  n => `s ~ "${repeated('*a?', n)}b"`,
  n => `s ~ /${repeated('(a+)+', Math.min(n, 150))}$/`,
  n => `s ~ /(a|a)*${repeated('a?', n)}b/`,
  n => `s ~ /(a{${n}}){${n}}/`,
  n => `s ~ /${repeated('\\pL{99}', n)}/`,
  n => listed(n, i => `s ~ /x${i}{99}/`, ' or '),
  n => `s ~ /${repeated('(', n)}a${repeated(')*', n)}/`,
  n => `* | count() by ${listed(n, i => `k${i}`)}`,
  n => `* | count() by ${listed(n, i => `x + ${i}`)}`,
  n => `* | sort ${listed(n, i => `k${i}`)}`,
  n => `* | ${listed(n, i => `quantile(x, ${i / (n + 1)})`)} by s, x, y`,
  n => `* | ${listed(n, i => `top(s, ${i + 1})`)} by seq`,
  n => `* | set ${listed(n, i => `v${i} = ${i === 0 ? 'x' : `v${i - 1} + v${i - 1}`}`)} | where v${n - 1} > 1`,
  n => `* | count()${repeated(' | where count > 0', n)}`,
  n => `* | count() by 1ms, s | limit ${n}000000`,
  n => `last ${n}w | count() by 1ms`,
  n => `* | p99(x), uniq(s) by s over ${n}s every 1s`,
  n => `* | count() by x over ${n} events`,
  n => repeated('a', n * 100),
  n => repeated('a.', n) + repeated('"', n),
  n => repeated('`', n),
  n => `x = "${repeated('\\u0041', n)}"`,
  n => `* | count() as \`${repeated('c', n * 10)}\` | sort d`,
  n => repeated('(', n) + repeated('/', n) + repeated('\\', n),
  (n, random) => Array.from({ length: n }, () => String.fromCharCode(random.below(65_536))).join(''),
]

/** A query that means harm; mostly of a moderate size, now and then as large as a text can be. */
export function hostile(random: Random): string {
  const size = random.chance(0.02) ? 20_000 : random.chance(0.3) ? 300 : 40
  return random.of(SHAPES)(1 + random.below(size), random)
}
