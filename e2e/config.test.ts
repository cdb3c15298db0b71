import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ask, count, eventually, folder, type Program, send, start } from './program.ts'

const config = (stages: string): string => `
import { defineConfig, file } from 'telltale'
export default defineConfig({
  latest: { events: 100_000, age: '24h', memory: '256MB' },
  history: { keep: '30d' },
  channels: [file({ path: '@LOG', from: 'beginning' })],
  ${stages}
})`

test('a configuration in TypeScript; saving it takes effect, a bad one is refused and the old one goes on', async () => {
  const data = folder()
  const file = join(data, 'telltale.config.ts')
  const log = join(data, 'app.log')
  writeFileSync(log, 'first line\n{"type":"from_file"}\n')
  const write = (stages: string): void => writeFileSync(file, config(stages).replace('@LOG', log))
  write(`classify: [{ when: 'type = a', set: { type: 'b' } }], calculate: { twice: e => 2 * e.n },`)
  const program: Program = await start({ data, args: ['--config', file] })
  await send(program, '{"type":"a","n":21}')
  expect((await ask(program, 'type = b | sum(twice)')).rows).toEqual([[42]])
  await eventually(
    () => count(program, 'type = from_file'),
    n => n === 1,
  )
  await eventually(
    () => count(program, '"first line"'),
    n => n === 1,
  )

  write(`classify: [{ when: 'type = = a', set: { type: 'c' } }],`)
  await eventually(
    () => program.log(),
    text => /refused.*classify\[0\]\.when.*character/.test(text),
  )
  await send(program, '{"type":"a"}')
  expect(await count(program, 'type = b')).toBe(2)

  // as an editor leaves it for a moment
  writeFileSync(file, '')
  await eventually(
    () => program.log(),
    text => /refused.*must export its configuration/.test(text),
  )
  await send(program, '{"type":"a"}')
  expect(await count(program, 'type = b')).toBe(3)

  write(
    `classify: [{ when: 'type = a', set: { type: 'd' } }], process: { d: event => { event.additional_info.seen = true } },`,
  )
  await eventually(
    () => program.log(),
    text => /takes effect/.test(text),
  )
  await send(program, '{"type":"a"}')
  expect(await count(program, 'type = d and seen = true')).toBe(1)

  write(`clasify: []`)
  await eventually(
    () => program.log(),
    text => /no setting "clasify"/.test(text),
  )
  expect(await program.stop()).toBe(0)
}, 60_000)

test('a configuration that cannot be understood keeps it from starting, with the reason', async () => {
  const data = folder()
  const file = join(data, 'telltale.config.ts')
  writeFileSync(file, 'export default { latest: { events: 10 }, colour: "yellow" }')
  await expect(start({ data, args: ['--config', file] })).rejects.toThrow(/no setting "colour"/)
  await expect(start({ data, args: ['--config', join(data, 'none.ts')] })).rejects.toThrow(/no configuration at/)
})
