import { setTimeout as sleep } from 'node:timers/promises'
import { FATE, type Ledger } from './ledger.ts'
import { type Answered, harm } from './payload.ts'

/** What is wrong with the events a program answers with; numbers of events. */
export interface Findings {
  /** Acknowledged, and not there. */
  lost: number[]
  /** Acknowledged, and only in a later answer, though the first called itself exact. */
  late: number[]
  /** There more than once. */
  doubled: number[]
  /** Their seq is another event's, too. */
  twins: number[]
  /** There, and other than it was sent. */
  torn: { n: number; how: string }[]
  /** Refused, and there. */
  ghosts: number[]
  /** Never sent, and there. */
  strangers: string[]
}

/** Events asked for at a time. */
const PAGE = 20_000
const WAIT = 120_000

/** Compares events [from, to) of the ledger with what the public interface answers, while more are being sent. */
export async function audit(url: string, ledger: Ledger, from: number, to: number): Promise<Findings> {
  const found: Findings = { lost: [], late: [], doubled: [], twins: [], torn: [], ghosts: [], strangers: [] }
  for (let at = from; at < to; at += PAGE) await page(url, ledger, at, Math.min(to, at + PAGE), found)
  return found
}

export function wrong(found: Findings): number {
  return Object.values(found).reduce((sum, list: unknown[]) => sum + list.length, 0)
}

async function page(url: string, ledger: Ledger, from: number, to: number, found: Findings): Promise<void> {
  const before = ledger.fates(from, to)
  const times = new Uint8Array(to - from)
  const seqs = new Map<number, number>()
  const answer = await events(url, `type = oracle and n >= ${from} and n < ${to}`, ledger)
  for (const event of answer) {
    const n = event.additional_info['n']
    if (typeof n !== 'number' || !(n >= from && n < to)) {
      found.strangers.push(JSON.stringify(event).slice(0, 300))
      continue
    }
    if (times[n - from]! < 255) times[n - from]!++
    if ((seqs.get(event.seq) ?? n) !== n) found.twins.push(n)
    seqs.set(event.seq, n)
    const how = harm(event, n)
    if (how !== undefined) found.torn.push({ n, how })
  }
  for (let n = from; n < to; n++) {
    const fate = before[n - from]
    if (times[n - from] === 0 && fate === FATE.acknowledged && !ledger.excuse(n)) found.lost.push(n)
    if (times[n - from]! > 1) found.doubled.push(n)
    if (times[n - from]! > 0 && fate === FATE.refused && ledger.fate(n) === FATE.refused) found.ghosts.push(n)
  }
}

interface Answer {
  rows: [Answered][]
  stats: { coverage: string }
}

/** How many events an answer lacks, at most, because its disk was damaged. */
const DAMAGED = /^not covered: damaged on disk: up to (\d+) events of/
/** ms after which as many must be missing still: while a part is set aside all of it is. */
const AGAIN = 3000

/** The events a filter finds. Waits while the answer is not whole because the history is coming up. */
async function events(url: string, filter: string, ledger: Ledger): Promise<Answered[]> {
  for (const end = Date.now() + WAIT; ; ) {
    const answer = await ask(url, filter).catch((error: Error) => error)
    if (!(answer instanceof Error)) {
      const { coverage } = answer.stats
      const missing = coverage === 'exact' ? 0 : Number(DAMAGED.exec(coverage)?.[1])
      if (missing === 0 || ledger.lacking === missing) return answer.rows.map(row => row[0])
      if (ledger.rotten && missing > 0) {
        ledger.lacking = missing
        await sleep(AGAIN)
        continue
      }
    }
    const why = answer instanceof Error ? answer.message : answer.stats.coverage
    if (Date.now() > end) throw new Error(`for ${WAIT / 1000} s there was no whole answer: ${why}`)
    await sleep(100)
  }
}

async function ask(url: string, query: string): Promise<Answer> {
  const response = await fetch(`${url}/v1/query`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, limit: 1_000_000 }),
    signal: AbortSignal.timeout(60_000),
  })
  if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`)
  return (await response.json()) as Answer
}
