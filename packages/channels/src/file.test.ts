import { appendFileSync, existsSync, mkdtempSync, readFileSync, renameSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { type TestContext, testContext, until } from '../test/recorder.ts'
import { type Channel, type FileOptions, file } from './index.ts'

const running: Channel[] = []
afterEach(async () => {
  for (const channel of running.splice(0)) await channel.stop()
})

const folder = () => mkdtempSync(join(tmpdir(), 'telltale-file-'))

async function follow(options: FileOptions, context: TestContext = testContext()) {
  const channel = file({ every: 10, ...options })
  await channel.start(context)
  running.push(channel)
  const messages = () => context.intake.events.map(e => e.additional_info['message'])
  const read = (...expected: string[]) =>
    until(() => messages().join() === expected.join(), `${expected} (got ${messages()})`)
  return { channel, messages, read, ...context }
}

test('it starts after the last whole line and takes what is appended, line by line', async () => {
  const path = join(folder(), 'app.log')
  writeFileSync(path, 'old\nhalf of')
  const { read, intake, messages } = await follow({ path, type: 'log' })
  appendFileSync(path, ' a line\n{"type":"order","message":"json"}\nno newline')
  await read('half of a line', 'json')
  appendFileSync(path, ' yet\n')
  await read('half of a line', 'json', 'no newline yet')
  expect(messages()).toHaveLength(3)
  expect(intake.events.map(e => e.type)).toEqual(['log', 'order', 'log'])
  expect(intake.senders[0]!.channel).toBe(`file:${path}`)
})

test('from the beginning, a large file comes whole and in order', async () => {
  const path = join(folder(), 'app.log')
  const lines = Array.from({ length: 20_000 }, (_, n) => `line ${n} ${'é'.repeat(n % 50)}`)
  writeFileSync(path, `${lines.join('\n')}\n`)
  const { intake, messages } = await follow({ path, from: 'beginning' })
  await until(() => intake.events.length === lines.length, 'all lines')
  expect(messages()).toEqual(lines)
})

test('across a rename: the old one to its end, also what comes late, then the new one', async () => {
  const path = join(folder(), 'app.log')
  writeFileSync(path, 'a\n')
  const { read } = await follow({ path, from: 'beginning' })
  await read('a')
  appendFileSync(path, 'b\n')
  renameSync(path, `${path}.1`)
  appendFileSync(`${path}.1`, 'c\n')
  await read('a', 'b', 'c')
  writeFileSync(path, 'd\n')
  await read('a', 'b', 'c', 'd')
  appendFileSync(`${path}.1`, 'e, written late, without newline')
  appendFileSync(path, 'f\n')
  await read('a', 'b', 'c', 'd', 'f', 'e, written late, without newline')
})

test('a file that was cut is read from its beginning, also where it is as long again at once', async () => {
  const path = join(folder(), 'app.log')
  writeFileSync(path, 'one\ntwo\n')
  const { read } = await follow({ path, from: 'beginning' })
  await read('one', 'two')
  truncateSync(path)
  await new Promise(resolve => setTimeout(resolve, 50))
  appendFileSync(path, 'three\n')
  await read('one', 'two', 'three')
  writeFileSync(path, 'four, and much longer than before\n')
  await read('one', 'two', 'three', 'four, and much longer than before')
})

test('after a restart it goes on where it was, with lines written meanwhile', async () => {
  const path = join(folder(), 'app.log')
  const state = `${path}.state`
  writeFileSync(path, 'a\n')
  const first = await follow({ path, state, from: 'beginning' })
  await first.read('a')
  appendFileSync(path, 'b\nhalf')
  await first.channel.stop()
  expect(first.messages()).toEqual(['a', 'b'])
  appendFileSync(path, ' done\nc\n')
  const second = await follow({ path, state })
  await second.read('half done', 'c')
})

test('after a restart a file renamed meanwhile is read to its end, and the new one from its beginning', async () => {
  const path = join(folder(), 'app.log')
  const state = `${path}.state`
  writeFileSync(path, 'a\n')
  const first = await follow({ path, state, from: 'beginning' })
  await first.read('a')
  await first.channel.stop()
  appendFileSync(path, 'b\n')
  renameSync(path, `${path}.1`)
  writeFileSync(path, 'c\n')
  const second = await follow({ path, state })
  await second.read('b', 'c')
})

test('only what is journaled counts as read: what was not comes again', async () => {
  const path = join(folder(), 'app.log')
  const state = `${path}.state`
  writeFileSync(path, 'a\nb\n')
  const first = await follow({ path, state, from: 'beginning' })
  await first.read('a', 'b')
  first.intake.hold = true
  appendFileSync(path, 'c\n')
  await first.read('a', 'b', 'c')
  first.intake.journal(new Error('disk full'))
  await until(() => first.intake.held > 0, 'the same line again')
  expect(first.messages()).toEqual(['a', 'b', 'c', 'c'])
  first.intake.journal(new Error('disk full'))
  await first.channel.stop()
  expect(JSON.parse(readFileSync(state, 'utf8')).files[0].offset).toBe(4)
  const second = await follow({ path, state })
  await second.read('c')
}, 60_000)

test('a chunk without a whole line counts only once what is before it is journaled', async () => {
  const path = join(folder(), 'app.log')
  const state = `${path}.state`
  const long = 'x'.repeat(70_000)
  writeFileSync(path, `a\nb\n${long}`)
  const context = testContext()
  context.intake.hold = true
  const { channel, intake, read } = await follow({ path, state, from: 'beginning' }, context)
  await until(() => intake.held === 1, 'the lines before')
  await new Promise(resolve => setTimeout(resolve, 50))
  intake.journal(new Error('disk full'))
  intake.hold = false
  appendFileSync(path, '\nc\n')
  await read('a', 'b', 'a', 'b', long, 'c')
  await channel.stop()
  expect(JSON.parse(readFileSync(state, 'utf8')).files[0].offset).toBe(70_007)
})

test('a renamed file whose last line could not be journaled is read again, not closed', async () => {
  const path = join(folder(), 'app.log')
  writeFileSync(path, 'a\n')
  const { read, intake } = await follow({ path, from: 'beginning' })
  await read('a')
  appendFileSync(path, 'last')
  renameSync(path, `${path}.1`)
  intake.hold = true
  writeFileSync(path, '')
  await read('a', 'last')
  intake.journal(new Error('disk full'))
  intake.hold = false
  await read('a', 'last', 'last')
})

test('while the intake is busy it waits', async () => {
  const path = join(folder(), 'app.log')
  writeFileSync(path, 'a\n')
  const context = testContext()
  context.intake.pushBack()
  const { read, intake } = await follow({ path, from: 'beginning' }, context)
  await new Promise(resolve => setTimeout(resolve, 50))
  expect(intake.takes).toBe(0)
  intake.goOn()
  await read('a')
})

test('a file that is not there yet is waited for and read whole', async () => {
  const path = join(folder(), 'app.log')
  const { read, logs } = await follow({ path })
  expect(logs[0]).toContain('is not there yet')
  writeFileSync(path, 'a\n')
  await read('a')
})

test('what can never work is refused with a sentence', async () => {
  const start = (path: string) => file({ path }).start(testContext())
  await expect(start('/no/such/folder/app.log')).rejects.toThrow('its folder can not be read')
  await expect(start(folder())).rejects.toThrow('it is a folder: name a file in it')
})

test('a state file that is damaged is said and replaced', async () => {
  const path = join(folder(), 'app.log')
  const state = `${path}.state`
  writeFileSync(path, 'a\n')
  writeFileSync(state, '{"files":[')
  const { channel, read, logs } = await follow({ path, state, from: 'beginning' })
  await read('a')
  await channel.stop()
  expect(logs[0]).toContain('it starts anew')
  expect(JSON.parse(readFileSync(state, 'utf8')).files).toHaveLength(1)
  expect(existsSync(`${state}.new`)).toBe(false)
})
