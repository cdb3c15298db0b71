import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { testContext, until } from '../test/recorder.ts'
import { stdin } from './index.ts'

async function started(options: Parameters<typeof stdin>[0] = {}) {
  const context = testContext()
  const stream = new PassThrough()
  const channel = stdin({ stream, ...options })
  await channel.start(context)
  return { ...context, stream, channel }
}

test('lines are events, others messages; the last needs no newline', async () => {
  const { stream, channel, intake } = await started({ type: 'log' })
  stream.write('{"type":"a"}\nplain te')
  stream.write('xt\n\n{"n":1}\nlast')
  stream.end()
  await channel.ended
  expect(intake.events.map(e => [e.type, e.additional_info])).toEqual([
    ['a', {}],
    ['log', { message: 'plain text' }],
    ['log', { n: 1 }],
    ['log', { message: 'last' }],
  ])
})

test('with plain: refuse they are refused', async () => {
  const { stream, channel, intake } = await started({ plain: 'refuse' })
  stream.end('plain text\n{"n":1}\n')
  await channel.ended
  expect(intake.events).toHaveLength(1)
  expect(intake.problems).toHaveLength(1)
})

test('while the intake is busy whoever writes is held back', async () => {
  const { stream, channel, intake } = await started()
  intake.pushBack()
  let held = false
  for (let i = 0; i < 100; i++) held = !stream.write(`${'x'.repeat(10_000)}\n`)
  await new Promise(resolve => setTimeout(resolve, 20))
  expect(held).toBe(true)
  expect(intake.takes).toBe(0)
  intake.goOn()
  stream.end()
  await channel.ended
  expect(intake.events).toHaveLength(100)
})

test('stopping hands over what was received', async () => {
  const { stream, channel, intake } = await started()
  stream.write('{"n":1}\n{"n":2}')
  await until(() => intake.events.length === 1, 'the first')
  await channel.stop()
  expect(intake.events).toHaveLength(2)
})

test('a line that a stop cuts off is no event, and is told', async () => {
  const { stream, channel, intake } = await started()
  stream.write('{"n":1}\nhalf of a mess')
  await until(() => intake.events.length === 1, 'the first')
  await channel.stop()
  expect([intake.events.length, intake.drops]).toEqual([
    1,
    [{ channel: 'stdin', events: 1, reason: 'a line that was cut off' }],
  ])
})

test('what could not be journaled is dropped, and counted: it is not read again', async () => {
  const { stream, channel, intake } = await started()
  intake.hold = true
  stream.end('{"n":1}\n{"n":2}\n')
  await until(() => intake.held === 1, 'the lines')
  intake.journal(new Error('disk full'))
  await channel.ended
  expect(intake.drops).toEqual([{ channel: 'stdin', events: 2, reason: 'not journaled: disk full' }])
})
