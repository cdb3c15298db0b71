import { expect, test } from 'vitest'
import { batchOf, scan, writeLines } from './index.ts'

const origin = { hostname: 'h', receivedAt: 1_795_132_800_003.5 }

test('a row gives back the event that was sent', () => {
  const sent = {
    type: 'page_load',
    hostname: 'dc0-web01',
    time: 1795132800001.25,
    tags: ['metrics', 'performance'],
    md5: 'cd0e351d2eefdf0f79e0b55a0efe543b',
    additional_info: { execution_time: 0.546999, url: 'http://mysite.com/page0', a: { b: [1, { c: null }], d: {} } },
  }
  const { batch, problems } = scan(Buffer.from(JSON.stringify(sent)), origin)
  expect(problems).toEqual([])
  expect(batch.event(0)).toEqual({ ...sent, received_at: origin.receivedAt })
  expect(JSON.stringify(batch.info(0))).toBe(JSON.stringify(sent.additional_info))
})

test('unknown keys move into additional_info, a bare string is a message', () => {
  const { batch } = batchOf(['boom', { status: 404, additional_info: { x: 1 } }], origin)
  expect(batch.event(0)).toMatchObject({ type: 'unknown', hostname: 'h', additional_info: { message: 'boom' } })
  expect(batch.event(1).additional_info).toEqual({ x: 1, status: 404 })
})

test('what is written can be scanned again', () => {
  const { batch } = batchOf(
    [
      { type: 'a', n: 1 },
      { type: 'b', s: 'é\n' },
    ],
    origin,
  )
  batch.seq = 7
  batch.collector = 'c'
  const again = scan(writeLines(batch), { ...origin, trusted: true })
  expect(again.batch.info(1)).toEqual(batch.info(1))
})
