const BASE = Date.UTC(2026, 9, 1)
const DAY = 86_400_000

/** An event's own numbers: the same for the same n. */
function hash(n: number): number {
  let h = Math.imul(n ^ 0x9e3779b9, 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

/** Values that are easily harmed on the way: nested, other alphabets, escapes, numbers at the borders. JSON as it is sent. */
const SHAPES: readonly ((h: number) => string)[] = [
  h => `"url":"http://mysite.com/page${h % 97}","execution_time":${h / 2 ** 33}`,
  h => `"message":"could not obtain database connection ${h}","nested":{"a":{"b":[${h},null,{"c":[true,"x"]}]},"e":{}}`,
  h => `"ключ":"значение ${h} \\u00e9 😀 \\ud83d\\ude00","":"empty key","a.b":${h},"nul":null,"none":[]`,
  h => `"big":9007199254740993,"u64":18446744073709551615,"i64":-9223372036854775808,"tiny":${h}e-300,"f":${h}.125`,
  h => `"quote":"\\"\\\\ \\n\\t \\u0000 \\u2028 </script> %s {0} \${x}","__proto__":{"x":${h}},"constructor":"c"`,
  h => `"exp":1E5,"zero":-0.0,"one":1.0,"max":1.7976931348623157e308,"min":5e-324,"n2":${h},"yes":true,"no":false`,
]
/** Good events that the engine's JSON type refuses as they are. */
const AWKWARD = (h: number): string => `"huge":123456789012345678901234567890,"lone":"\\ud800 ${h}"`

/** The additional_info of event n as it is sent. */
export function info(n: number): string {
  const h = hash(n)
  const shape = h % 1999 === 0 ? AWKWARD : SHAPES[h % SHAPES.length]!
  const size = h % 4999 === 1 ? 100_000 : h % 211 === 2 ? 8000 : h % 120
  return `{"n":${n},${shape(h)},"filler":"${'é0123456789'.repeat(size / 11 + 1).slice(0, size)}"}`
}

/** Event n as it is sent: some say when they happened, over several days, and some have tags. */
export function line(n: number): string {
  const h = hash(n)
  const time = h % 3 === 0 ? '' : `"time":${timeOf(n)},`
  const tags = h % 5 === 0 ? '"tags":["faults","ü"],' : ''
  return `{"type":"oracle",${time}${tags}"additional_info":${info(n)}}`
}

/** Event n as something that must be refused: nested too deeply. */
export function badLine(n: number): string {
  return `{"type":"oracle","additional_info":{"n":${n},"deep":${'['.repeat(40)}${']'.repeat(40)}}}`
}

function timeOf(n: number): number {
  return BASE + (hash(n) % 4) * DAY + (n % 1000)
}

/** An event as it is answered. */
export interface Answered {
  type: string
  time: number
  tags: string[]
  seq: number
  additional_info: Record<string, unknown>
}

/** Why an answered event is not event n as it was sent; undefined where it is. Numbers and escapes as JSON.stringify writes them. */
export function harm({ type, time, tags, additional_info }: Answered, n: number): string | undefined {
  const found = JSON.stringify(additional_info)
  // Half a surrogate pair is no text: like bytes that are no UTF-8 it becomes U+FFFD.
  const wanted = JSON.stringify(JSON.parse(info(n).replace('\\ud800', '\\ufffd')))
  if (found !== wanted) return `additional_info is ${found.slice(0, 300)}, sent was ${wanted.slice(0, 300)}`
  const h = hash(n)
  if (type !== 'oracle') return `its type is ${type}`
  if (h % 3 !== 0 && time !== timeOf(n)) return `its time is ${time}, sent was ${timeOf(n)}`
  if (tags.join() !== (h % 5 === 0 ? 'faults,ü' : '')) return `its tags are ${tags.join()}`
  return undefined
}
