import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ask, count, eventually, folder, type Program, send, start } from './program.ts'

/** What a crash left in the journal: more than is read before the first question, or for one question. */
const SEGMENTS = 9
const EACH = 100_000
const LEFT = SEGMENTS * EACH
let program: Program

beforeAll(async () => {
  const data = folder()
  const journal = join(data, 'journal')
  mkdirSync(journal, { recursive: true })
  writeFileSync(join(journal, 'collector'), 'crashed\n')
  const from = Date.now() - LEFT
  for (let s = 0; s < SEGMENTS; s++) {
    const lines = Array.from({ length: EACH }, (_, i) => {
      const seq = s * EACH + i + 1
      return `{"seq":${seq},"collector":"crashed","type":"left","hostname":"h","time":${from + seq},"received_at":${from + seq},"tags":[],"md5":"","additional_info":{"n":${seq}}}\n`
    })
    const name = (seq: number) => String(seq).padStart(16, '0')
    writeFileSync(join(journal, `crashed-${name(s * EACH + 1)}-${name((s + 1) * EACH)}.jsonl`), lines.join(''))
  }
  const config = join(data, 'telltale.config.ts')
  writeFileSync(config, 'export default { latest: { events: 300_000 } }')
  program = await start({ data, args: ['--config', config] })
}, 60_000)

afterAll(async () => {
  await program.stop()
})

test('a start with much left in the journal: the newest answer at once, what is missing is said, in the end all is there once', async () => {
  const first = await ask(program, 'type = left | count(), max(n)')
  expect(first.rows[0]![1]).toBe(LEFT)
  if (first.stats.coverage === 'exact') expect(first.rows[0]![0]).toBe(LEFT)
  else expect(first.stats.coverage).toMatch(/^not covered yet: \d+ events that wait in the journal for the history$/)
  expect((await send(program, '{"type":"fresh"}')).accepted).toBe(1)
  expect(await count(program, 'type = fresh')).toBe(1)
  await eventually(
    () => ask(program, 'type = left | count(), uniq(n), sum(n)'),
    ({ rows, stats }) => stats.coverage === 'exact' && rows[0]![0] === LEFT,
    60_000,
  )
  const { rows } = await ask(program, 'type = left | count(), sum(n), min(n)')
  expect(rows).toEqual([[LEFT, (LEFT * (LEFT + 1)) / 2, 1]])
}, 90_000)
