import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { batchOf, type EventInput, SimulatedClock } from '@telltale/event'
import { history } from '@telltale/history'
import { Pipeline } from '@telltale/pipeline'
import { randomCase } from '@telltale/query/conformance'
import { recent } from '@telltale/recent'
import { Asker } from '../packages/server/src/ask.ts'
import { Live } from '../packages/server/src/live.ts'
import { StandingHost } from '../packages/server/src/standing-host.ts'

/** A server's parts over a ring that has everything: no history is asked, nothing is written. */
export function smallHouse() {
  const clock = new SimulatedClock(1.7e12)
  const latest = recent({ clock, events: 5000, chunk: 512 })
  const path = mkdtempSync(join(tmpdir(), 'telltale-fuzz-'))
  const kept = history({ path })
  const asker = new Asker(latest, kept, { ms: 200, cells: 50_000, events: 2000 })
  asker.beforeRing = Number.NEGATIVE_INFINITY
  const host = new StandingHost({ asker, recent: latest, clock })
  const live = new Live({ host, asker, recent: latest, clock })
  let seq = 0
  const journal = {
    pressure: undefined,
    append(batch: { seq: number; collector: string; length: number }) {
      batch.seq = seq + 1
      batch.collector = 'c'
      seq += batch.length
      return Promise.resolve()
    },
  }
  const pipeline = new Pipeline({ journal, clock, hostname: 'h' })
  pipeline.broadcast.consume(batch => latest.append(batch))
  pipeline.broadcast.consume(batch => host.batch(batch))
  pipeline.broadcast.consume(batch => live.batch(batch))
  const { batch } = batchOf(randomCase(5, 200).events as EventInput[], { hostname: 'h', receivedAt: 1.7e12 })
  pipeline.add(
    Array.from({ length: batch.length }, (_, row) => batch.event(row) as EventInput),
    { channel: 'x', address: 'h' },
  )
  return { clock, recent: latest, history: kept, asker, live, pipeline, path }
}
