import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import { Leak } from './leak.ts'

/** UDP sockets of this very process, as the kernel sees them. */
function udpSockets(): number {
  const own = new Set<string>()
  for (const fd of readdirSync('/proc/self/fd')) {
    try {
      own.add(/^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/self/fd/${fd}`))?.[1] ?? '')
    } catch {} // closed meanwhile
  }
  const lines = readFileSync('/proc/net/udp', 'utf8').split('\n').slice(1)
  return lines.filter(line => own.has(line.trim().split(/\s+/)[9] ?? 'none')).length
}

const linux = process.platform === 'linux'
/** The machine may be busy. */
const patient = { timeout: 20_000 }
let leak: Leak
afterEach(() => leak.close())

describe.skipIf(!linux)(`the leak${linux ? '' : ' (skipped: needs /proc)'}`, () => {
  it('really opens sockets, and really closes them', async () => {
    const before = udpSockets()
    leak = new Leak(200)
    await leak.hold(0.5)
    expect([leak.open, udpSockets() - before]).toEqual([100, 100])
    await leak.hold(1)
    expect([leak.open, udpSockets() - before]).toEqual([200, 200])
    await leak.hold(0.25)
    await expect.poll(() => udpSockets() - before, patient).toBe(50)
    leak.close()
    await expect.poll(() => udpSockets() - before, patient).toBe(0)
    expect(leak.open).toBe(0)
  })

  it('never comes near the limit of the process', () => {
    leak = new Leak(Number.MAX_SAFE_INTEGER)
    const limit = /Max open files\s+(\d+)/.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]
    expect(leak.most).toBeLessThanOrEqual(Number(limit) - 128)
    expect(leak.most).toBeGreaterThan(0)
  })

  it('opens none where none are wanted', async () => {
    leak = new Leak(0)
    await leak.hold(1)
    expect(leak.open).toBe(0)
  })
})
