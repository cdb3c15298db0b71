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

const rules = (type: string): string => `{ canary: false, classify: [{ when: 'type = a', set: { type: '${type}' } }] }`

test.each([
  ['telltale.config.mjs', undefined],
  ['telltale.config.js', '{ "type": "module" }'],
  ['telltale.config.cjs', undefined],
  ['telltale.config.ts', undefined],
])(
  '%s takes effect as it is on disk, with what it imports; a broken one is refused with its place',
  async (name, manifest) => {
    const data = folder()
    const file = join(data, name)
    const [from, give] = name.endsWith('.cjs')
      ? ['const rules = require("./rules.cjs")', 'module.exports =']
      : ["import rules from './rules.mjs'", 'export default']
    const write = (type: string): void =>
      writeFileSync(join(data, name.endsWith('.cjs') ? 'rules.cjs' : 'rules.mjs'), `${give} ${rules(type)}`)
    if (manifest !== undefined) writeFileSync(join(data, 'package.json'), manifest)
    write('first')
    writeFileSync(file, `${from}\n${give} rules`)
    const program = await start({ data: join(data, 'data'), args: ['--config', file] })
    const said = (n: number, what: RegExp) =>
      eventually(
        () => [program.log().match(new RegExp(what, 'g'))?.length ?? 0, program.log()] as const,
        ([times]) => times === n,
      )
    for (const [n, type] of ['second', 'third'].entries()) {
      write(type)
      program.process.kill('SIGHUP')
      await said(n + 1, /takes effect/)
      await send(program, '{"type":"a"}')
      expect(await count(program, `type = ${type}`)).toBe(1)
    }
    writeFileSync(file, `${from}\n\n${give} { , }`)
    await said(1, /refused, the old one goes on: .*telltale\.config\.\w+:3:\d+/)
    writeFileSync(file, `${from}\nthrow new Error('boom')`)
    await said(1, /refused, the old one goes on: .*telltale\.config\.\w+:2:7: boom/)
    await send(program, '{"type":"a"}')
    expect(await count(program, 'type = third')).toBe(2)
    writeFileSync(file, `${from}\n${give} ${rules('fourth')}`)
    await said(3, /takes effect/)
    await send(program, '{"type":"a"}')
    expect(await count(program, 'type = fourth')).toBe(1)
    expect(await program.stop()).toBe(0)
  },
  60_000,
)

test('code that throws later, or a configuration that never comes to an end, takes nothing down', async () => {
  const data = folder()
  const file = join(data, 'telltale.config.mjs')
  writeFileSync(
    file,
    `setTimeout(() => { throw new Error('at the start') }, 1)
    export default { canary: false, process: {
      later() { setTimeout(() => { throw new Error('later on') }, 1) },
      bare() { setTimeout(() => { throw 7 }, 1) },
      other: () => ({ type: 'own' }),
    } }`,
  )
  const program = await start({ data: join(data, 'data'), args: ['--config', file] })
  await send(program, '{"type":"later"}\n'.repeat(50))
  await send(program, '{"type":"bare"}')
  await send(program, '{"type":"other"}')
  await eventually(
    () => ask(program, 'type = uncaught_exception | sum(count) by message'),
    ({ rows }) => rows.length === 3 && rows.reduce((sum, [, n]) => sum + (n as number), 0) === 52,
  )
  expect(program.log()).toMatch(
    /code of the configuration threw where nobody catches it: Error: later on\n.*telltale\.config\.mjs:3/,
  )
  expect(await count(program, 'type = own')).toBe(1)
  writeFileSync(file, 'await new Promise(() => {}); export default {}')
  await eventually(
    () => program.log(),
    text => /refused, .*did not finish loading within 10 s/.test(text),
    15_000,
  )
  expect(await program.stop()).toBe(0)
}, 60_000)

test('SIGHUP while it starts ends nothing, and has the configuration read again', async () => {
  const data = folder()
  const file = join(data, 'telltale.config.mjs')
  writeFileSync(
    file,
    `globalThis.asked ??= process.kill(process.pid, 'SIGHUP'); await new Promise(go => setTimeout(go, 100))
    export default { canary: false }`,
  )
  const program = await start({ data: join(data, 'data'), args: ['--config', file] })
  await eventually(
    () => program.log(),
    text => /takes effect/.test(text),
  )
  expect(await program.stop()).toBe(0)
}, 60_000)
