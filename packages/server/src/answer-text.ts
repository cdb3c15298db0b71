import { Readable } from 'node:stream'
import type { Steps } from '@telltale/query'
import type { Answer } from './ask.ts'

/** About so many characters are made at a time. */
const PIECE = 1 << 15

/** An answer as JSON, made piece by piece with a turn of the event loop between: answers may be long. */
export function json({ columns, rows, ...rest }: Answer): Readable {
  const tail = JSON.stringify(rest).slice(1)
  return readable(`{"columns":${JSON.stringify(columns)},"rows":[`, rows.values(), ',', `],${tail}`)
}

/** Rows to a step. */
const ROWS = 128

/** Rows as JSON, in steps. */
export function* rowsText(rows: Answer['rows']): Steps<string> {
  let text = '['
  for (let from = 0; from < rows.length; from += ROWS) {
    const some = JSON.stringify(rows.slice(from, from + ROWS))
    text += from === 0 ? some.slice(1, -1) : `,${some.slice(1, -1)}`
    yield
  }
  return `${text}]`
}

/** An answer as JSON, its rows given as such; with more before. */
export function withRows({ rows: _, columns, ...rest }: Answer, rows: string, before: object): string {
  const head = JSON.stringify({ ...before, columns }).slice(0, -1)
  return `${head},"rows":${rows},${JSON.stringify(rest).slice(1)}`
}

/** A list of events as JSON, with what else is said, in the same way. */
export function eventsJson(events: readonly unknown[], rest: object): Readable {
  return readable('{"events":[', events.values(), ',', `],${JSON.stringify(rest).slice(1)}`)
}

/** An answer as an object a line. */
export function lines({ columns, rows }: Answer): Readable {
  const names = columns.map(({ name }) => name)
  const single = columns.length === 1 && columns[0]!.type === 'event'
  function* objects(): Generator<unknown> {
    for (const row of rows) yield single ? row[0] : Object.fromEntries(names.map((name, i) => [name, row[i] ?? null]))
  }
  return readable('', objects(), '\n', rows.length > 0 ? '\n' : '')
}

function readable(head: string, items: Iterable<unknown>, between: string, tail: string): Readable {
  return Readable.from(pieces(head, items, between, tail), { highWaterMark: 1 })
}

async function* pieces(head: string, items: Iterable<unknown>, between: string, tail: string): AsyncGenerator<Buffer> {
  let text = head
  let isFirst = true
  for (const item of items) {
    text += isFirst ? JSON.stringify(item) : between + JSON.stringify(item)
    isFirst = false
    if (text.length < PIECE) continue
    yield Buffer.from(text)
    text = ''
    await new Promise(resolve => setImmediate(resolve))
  }
  yield Buffer.from(text + tail)
}
