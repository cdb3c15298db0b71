import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { batchOf } from '@telltale/event'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { everything, upTo } from '../testing/journals.ts'
import { type Journal, journal } from './journal.ts'
import { OpenSegment } from './open-segment.ts'
import type { Sync } from './options.ts'

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'leaving-'))
})
afterEach(async () => {
  vi.restoreAllMocks()
  await rm(dir, { recursive: true, force: true })
})

const events = (count: number) =>
  batchOf(
    Array.from({ length: count }, (_, n) => ({ type: 't', n })),
    { hostname: 'h', receivedAt: 1_795_132_800_003.5 },
  ).batch

async function opening(folder: string, sync: Sync): Promise<Journal> {
  const one = journal({ dir: folder, sync })
  await one.open()
  return one
}

/** Holds up the sealing of the first segment until it is let go on. */
function holding(): { began: Promise<void>; goOn: (error?: Error) => void } {
  const { seal } = OpenSegment.prototype
  let goOn: (error?: Error) => void = () => {}
  const held = new Promise<void>((resolve, reject) => {
    goOn = error => (error ? reject(error) : resolve())
  })
  let begin = (): void => {}
  const began = new Promise<void>(resolve => {
    begin = resolve
  })
  vi.spyOn(OpenSegment.prototype, 'seal').mockImplementationOnce(async function (this: OpenSegment) {
    begin()
    await held
    return seal.call(this)
  })
  return { began, goOn }
}

describe.each(['always', '50ms', 'os'] as const)('sync %s', sync => {
  test('while a segment is sealed, events go on into the next one and are acknowledged; segments come in order', async () => {
    const { began, goOn } = holding()
    const one = await opening(dir, sync)
    const sealed: number[] = []
    one.onSealed(({ firstSeq }) => sealed.push(firstSeq))
    await one.append(events(3))
    const first = one.seal()
    await began
    await one.append(events(2))
    const second = one.seal()
    await new Promise(resolve => setTimeout(resolve, 20))
    expect([sealed, one.bytes > 0]).toEqual([[], true])
    goOn()
    await Promise.all([first, second])
    expect(sealed).toEqual([1, 4])
    expect(await everything(one)).toEqual(upTo(5))
    await one.close()
  })

  test('a crash meanwhile: both are found, in order, and seq goes on behind them', async () => {
    const { began, goOn } = holding()
    const one = await opening(dir, sync)
    await one.append(events(3))
    const first = one.seal()
    await began
    await one.append(events(2))
    const crashed = await mkdtemp(join(tmpdir(), 'leaving-'))
    await cp(dir, crashed, { recursive: true })
    goOn()
    await first
    await one.close()
    const two = await opening(crashed, sync)
    expect([await everything(two), two.lastSeq]).toEqual([upTo(5), 5])
    await two.close()
    await rm(crashed, { recursive: true })
  })

  test('a disk that fails meanwhile: said, nothing acknowledged is lost, and it goes on by itself', async () => {
    const { began, goOn } = holding()
    const one = await opening(dir, sync)
    await one.append(events(3))
    const first = one.seal()
    await began
    await one.append(events(2))
    goOn(Object.assign(new Error('i/o error'), { code: 'EIO' }))
    await first
    expect(one.pressure?.reason).toContain('the disk reports errors')
    await expect(one.append(events(1))).rejects.toThrow('the disk reports errors')
    await expect.poll(() => one.pressure, { timeout: 5000 }).toBeUndefined()
    await one.append(events(1))
    await one.seal()
    expect(await everything(one)).toEqual(upTo(6))
    await one.close()
  })
})
