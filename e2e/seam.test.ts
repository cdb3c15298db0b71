import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ask, count, eventually, folder, type Program, send, start } from './program.ts'

let program: Program

beforeAll(async () => {
  const data = folder()
  // A ring so small that most of the past is in the history only, while segments move there every second.
  const config = join(data, 'telltale.config.ts')
  writeFileSync(config, `export default { latest: { events: 5000 } }`)
  program = await start({ data, args: ['--config', config] })
}, 60_000)

afterAll(async () => {
  await program.stop()
})

test('every acknowledged event is counted exactly once at any moment, while it moves from ring to history (OpenObserve #8638, #12742)', async () => {
  let acknowledged = 0
  let sending = true
  const sender = (async () => {
    for (let n = 0; sending; n += 250) {
      const lines = Array.from({ length: 250 }, (_, i) => `{"type":"oracle","n":${n + i},"host_no":${(n + i) % 7}}`)
      acknowledged += (await send(program, lines.join('\n'))).accepted
    }
  })()
  const wrong: string[] = []
  const sources = new Set<string>()
  const end = Date.now() + 8000
  let asked = 0
  while (Date.now() < end) {
    const before = acknowledged
    const answer = await ask(program, 'type = oracle | count(), sum(n), max(n)')
    const after = acknowledged + 250
    const [n, sum, max] = answer.rows[0] as [number, number, number]
    for (const source of answer.stats.sources) sources.add(source)
    if (n < before || n > after) wrong.push(`counted ${n}, acknowledged ${before} to ${after}`)
    if (n > 0 && sum !== ((n - 1) * n) / 2) wrong.push(`sum ${sum} of ${n} events up to ${max}`)
    if (answer.stats.coverage !== 'exact') wrong.push(answer.stats.coverage)
    asked++
  }
  sending = false
  await sender
  expect(wrong).toEqual([])
  expect(asked).toBeGreaterThan(10)
  expect([...sources].sort()).toEqual(['history', 'recent'])
  expect(await count(program, 'type = oracle')).toBe(acknowledged)
  const { rows } = await ask(program, 'type = oracle | count() by host_no')
  expect(rows.reduce((total, row) => total + (row[1] as number), 0)).toBe(acknowledged)
  await eventually(
    async () =>
      ((await (await fetch(`${program.url}/v1/pipeline`)).json()) as { recent: { events: number } }).recent.events,
    events => events <= 5000,
  )
}, 60_000)

test('scar: what a small ring has let go of while its segment is still open is counted all the same', async () => {
  const data = folder()
  const config = join(data, 'telltale.config.ts')
  writeFileSync(config, 'export default { latest: { events: 500 }, journal: { sealAfter: 60_000 } }')
  const small = await start({ data, args: ['--config', config] })
  try {
    let sent = 0
    for (let round = 0; round < 8; round++) {
      const lines = Array.from({ length: 400 }, (_, i) => `{"type":"kept","n":${sent + i}}`)
      sent += (await send(small, lines.join('\n'))).accepted
      const { rows, stats } = await ask(small, 'type = kept | count(), uniq(n)')
      expect([...rows[0]!, stats.coverage]).toEqual([sent, sent, 'exact'])
    }
  } finally {
    await small.stop()
  }
}, 60_000)

test('what Telltale has to say of its own start is in the ring as well, not in the history alone', async () => {
  const data = folder()
  const args = ['--config', join(data, 'telltale.config.ts')]
  writeFileSync(args[1]!, 'export default { journal: { sealAfter: 60_000 }, canary: false }')
  const one = await start({ data, args })
  await send(one, Array.from({ length: 50 }, (_, n) => `{"type":"left","n":${n}}`).join('\n'))
  await one.stop('SIGKILL')
  const journal = join(data, 'journal')
  const left = readdirSync(journal).find(name => readFileSync(join(journal, name), 'latin1').includes('"n":33}'))!
  writeFileSync(
    join(journal, left),
    readFileSync(join(journal, left), 'latin1').replace('"n":33}', '"n":34}'),
    'latin1',
  )
  const begun = Date.now()
  const two = await start({ data, args })
  try {
    const about = async (): Promise<unknown> => {
      const answer = await ask(two, 'type = telltale_segment_damaged | count()', { from: begun })
      return [answer.rows[0]![0], answer.stats.sources]
    }
    await eventually(about, answer => JSON.stringify(answer) === '[1,["recent"]]')
    expect(await count(two, 'type = telltale_segment_damaged')).toBe(1)
    expect(await count(two, 'type = left')).toBe(49)
  } finally {
    await two.stop()
  }
}, 60_000)
