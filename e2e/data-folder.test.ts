import { readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { onTestFinished, test } from 'vitest'
import { ask, eventually, folder, type Program, send, start } from './program.ts'

async function starting(data: string): Promise<Program> {
  const program = await start({ data })
  onTestFinished(async () => void (await program.stop()))
  return program
}

/** A data folder with 1,000 events in the history, after a stop. */
async function filled(): Promise<string> {
  const data = folder()
  const program = await starting(data)
  await send(program, '{"type":"x"}\n'.repeat(1000))
  await program.stop()
  return data
}

/** What is known of all events of that type, by and by. */
async function answered(program: Program, rows: number, coverage: RegExp): Promise<void> {
  await eventually(
    async () => {
      const { rows, stats } = await ask(program, 'type = x | count()', { from: 0 })
      return { count: rows[0]![0], coverage: stats.coverage }
    },
    found => found.count === rows && coverage.test(found.coverage),
    20_000,
  )
}

test("scar: without the file of the collector's name all that was there is answered", { timeout: 60_000 }, async () => {
  const data = await filled()
  await rm(join(data, 'journal', 'collector'))
  await answered(await starting(data), 1000, /^exact$/)
})

test('events of another collector are in the answer though the ring has all of this one', {
  timeout: 60_000,
}, async () => {
  const data = await filled()
  for (const name of await readdir(join(data, 'journal'))) await rm(join(data, 'journal', name), { recursive: true })
  await writeFile(join(data, 'journal', 'collector'), 'another\n')
  const program = await starting(data)
  await send(program, '{"type":"x"}\n'.repeat(5))
  await answered(program, 1005, /^exact$/)
})

test('scar: a history whose store was removed by hand does not answer as if it had never been', {
  timeout: 60_000,
}, async () => {
  const data = await filled()
  await rm(join(data, 'history', 'data', 'store'), { recursive: true })
  const program = await starting(data)
  await answered(program, 0, /10\d\d events that were in the history are missing/)
  const { warnings } = (await (await fetch(`${program.url}/readyz`)).json()) as { warnings: string[] }
  if (!/events that were in the history are missing/.test(warnings.join())) throw new Error(warnings.join())
})
