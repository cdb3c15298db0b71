import { expect, test } from 'vitest'
import { readiness } from './readiness.ts'

test('events that a disk took from the journal are warned of, and it goes on to take more', () => {
  const status = { engine: { kind: 'ready' } as const, detached: [], missing: 0, damaged: 7, lost: 0, stuck: undefined }
  const { reasons, warnings } = readiness({ busy: undefined }, { status })
  expect([reasons, warnings]).toEqual([[], [expect.stringMatching(/^7 events were damaged on disk/)]])
  expect(readiness({ busy: undefined }, { status: { ...status, damaged: 0 } }).warnings).toEqual([])
})
