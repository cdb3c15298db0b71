import type { Event } from '@telltale/event'
import { batchOf, type EventInput, SimulatedClock } from '@telltale/event'
import { complete, evaluate, finish, limited, parse, print, type Query, rangeOf, TooMuch } from '@telltale/query'
import { randomCase, same } from '@telltale/query/conformance'
import { type Recent, recent } from '@telltale/recent'
import { canStand } from '@telltale/standing'
import { queryText } from '../query-texts.ts'
import { must, type Target } from '../target.ts'

const CLOCK = new SimulatedClock(0)
const EVERYTHING = { from: 0, to: 9e12 }
const LIMITS = { ms: 150, cells: 50_000 }
let events: readonly Event[] = []
let ring: Recent

function setUp(): void {
  events = [1, 2, 3].flatMap(seed => randomCase(seed, 40).events).map((event, i) => ({ ...event, seq: i + 1 }))
  const { batch } = batchOf(events as EventInput[], { hostname: 'h', receivedAt: 0, trusted: true })
  batch.seq = 1
  batch.collector = 'c1'
  ring = recent({ chunk: 16, clock: CLOCK })
  ring.append(batch)
}

/** Answers, or says that it is too much. */
function ask(query: Query): void {
  const scope = rangeOf(query, EVERYTHING, 200_000)
  const answers = [evaluate, (query: Query, _: unknown) => ring.partial(query, scope)].map(evaluator => {
    try {
      return limited(LIMITS, () => finish(query, evaluator(query, events, scope), scope))
    } catch (error) {
      if (error instanceof TooMuch) return undefined
      throw error
    }
  })
  const [reference, found] = answers
  if (reference === undefined || found === undefined) return
  must(
    same(found, reference),
    () =>
      `the ring says ${JSON.stringify(found.rows).slice(0, 300)}, the reference ${JSON.stringify(reference.rows).slice(0, 300)}`,
  )
}

export const query: Target = {
  name: 'query',
  about:
    'a text taken for a query: an error in its place, or a query that prints as it reads, and whose ring answers as the reference does',
  few: 700,
  make: queryText,
  async open() {
    setUp()
  },
  run(input) {
    const text = input.toString('utf8')
    const { query, error } = parse(text)
    complete(text, text.length >> 1)
    if (query === undefined) {
      const { message, position, hint = '' } = error
      must(
        message !== '' && message.length + hint.length < 2500,
        () => `a message of ${message.length} and ${hint.length} characters`,
      )
      must(
        Number.isInteger(position) && position >= 0 && position <= text.length,
        () => `at ${position} of ${text.length}`,
      )
      return
    }
    const printed = print(query)
    const again = parse(printed)
    if (again.query === undefined)
      must(
        /characters|steps|parts/.test(again.error.message),
        () => `printed as ${printed}, which is refused: ${again.error.message}`,
      )
    else
      must(JSON.stringify(again.query) === JSON.stringify(query), () => `printed as ${printed}, which is another query`)
    canStand(query)
    if (events.length === 0) setUp()
    ask(query)
  },
}
