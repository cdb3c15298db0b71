import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { batchOf, type Event, type EventInput } from '@telltale/event'
import { type EngineError, type History, history as historyOf } from '@telltale/history'
import { evaluate, finish, limited, parse, print } from '@telltale/query'
import { randomCase, same } from '@telltale/query/conformance'
import { queryText } from '../query-texts.ts'
import { must, type Target } from '../target.ts'

const SCOPE = { from: 0, to: 9e12 }
const LIMITS = { ms: 200, cells: 50_000 }
let folder = ''
let past: History | undefined
let events: readonly Event[] = []

async function open(): Promise<History> {
  folder = mkdtempSync(join(tmpdir(), 'telltale-fuzz-history-'))
  past = historyOf({ path: folder, keep: 'forever', collector: 'c1' })
  await past.start()
  events = [7, 8, 9].flatMap(seed => randomCase(seed, 60).events).map((event, i) => ({ ...event, seq: i + 1 }))
  const { batch } = batchOf(events as EventInput[], { hostname: 'h', receivedAt: 0, trusted: true })
  await past.append(batch)
  await past.flush()
  return past
}

/** The engine of the history, in its child process, asked what the reference is asked. */
export const history: Target = {
  name: 'history',
  about: 'a query asked of the history: it answers as the reference does, or says why not, and its engine lives',
  few: 12,
  make: queryText,
  async open() {
    await open()
  },
  async run(input) {
    const past_ = past ?? (await open())
    const { query } = parse(input.toString('utf8'))
    if (query === undefined || query.window?.kind === 'sliding') return
    try {
      const found = finish(query, await past_.partial(query, SCOPE, { timeout: 5000, groups: 20_000 }), SCOPE)
      const expected = limited(LIMITS, () => finish(query, evaluate(query, events, SCOPE), SCOPE))
      must(
        same(found, expected),
        () =>
          `${print(query)}: ${JSON.stringify(found.rows).slice(0, 400)}, the reference ${JSON.stringify(expected.rows).slice(0, 400)}`,
      )
    } catch (error) {
      // By name: the built history has classes of its own.
      const { name, code } = error as EngineError
      const told = name === 'TooMuch' || (name === 'EngineError' && code > 0)
      if (!told) throw error
    }
    must(past_.status.engine.kind === 'ready', () => `the engine is ${past_.status.engine.kind}`)
  },
  async close() {
    await past?.stop()
    past = undefined
    await rm(folder, { recursive: true, force: true })
  },
}
