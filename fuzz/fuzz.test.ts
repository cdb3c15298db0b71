import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Random } from '../packages/query/src/seeded.ts'
import { minimised } from './minimise.ts'
import { mutated, pieces, seedOf } from './mutate.ts'
import { targets } from './targets.ts'

/** The short run of every day: always the same inputs, so that it fails for its own reasons only. */
const SEED = 20261122
const FEW = 1000

describe.each(targets)('$name', target => {
  const folder = join(import.meta.dirname, 'cases', target.name)
  const kept = existsSync(folder) ? readdirSync(folder) : []
  const failure = async (bytes: Buffer): Promise<string | undefined> => {
    try {
      await target.run(bytes)
      return undefined
    } catch (error) {
      return String(error)
    }
  }

  beforeAll(() => target.open?.(), 60_000)
  afterAll(() => target.close?.())

  const again = async (): Promise<void> => {
    const failed: Record<string, string> = {}
    for (const name of kept) {
      const why = await failure(readFileSync(join(folder, name)))
      if (why !== undefined) failed[name] = why
    }
    expect(failed).toEqual({})
  }
  if (kept.length > 0) test('what failed once', { timeout: 120_000 }, again)

  const few = target.few ?? FEW
  test(`${few} inputs of seed ${SEED}: ${target.about}`, { timeout: 300_000 }, async () => {
    for (let number = 0; number < few; number++) {
      const input = target.make(new Random(seedOf(SEED, number)))
      const why = await failure(input)
      if (why === undefined) continue
      const small = await minimised(input, failure, why, 200)
      expect.fail(`case ${number}: ${why}\n${JSON.stringify(small.toString('latin1'))}`)
    }
  })
})

describe('the means', () => {
  test('a case is its seed and number', () => {
    for (const target of targets.filter(({ open }) => open === undefined))
      for (const number of [0, 1, 77])
        expect(
          target.make(new Random(seedOf(5, number))).equals(target.make(new Random(seedOf(5, number)))),
          target.name,
        ).toBe(true)
  })

  test('a mutation leaves what it was made of alone', () => {
    const bytes = Buffer.from('{"type":"x"}')
    let changed = 0
    for (let i = 0; i < 200; i++) if (!mutated(new Random(i), bytes).equals(bytes)) changed++
    expect(bytes.toString()).toBe('{"type":"x"}')
    expect(changed).toBeGreaterThan(150)
  })

  test('pieces are the whole', () => {
    const bytes = Buffer.from('abcdefghij'.repeat(100))
    for (let i = 0; i < 50; i++) expect(Buffer.concat(pieces(new Random(i), bytes)).equals(bytes)).toBe(true)
  })

  test('what fails is made as small as it fails', async () => {
    const failure = async (bytes: Buffer): Promise<string | undefined> =>
      bytes.includes('ab') && bytes.includes('z') ? 'boom' : undefined
    const small = await minimised(Buffer.from(`${'x'.repeat(500)}ab${'y'.repeat(300)}z`), failure, 'boom')
    expect(small.toString()).toBe('abz')
  })

  test('another failure is not the same', async () => {
    const failure = async (bytes: Buffer): Promise<string | undefined> =>
      bytes.length > 3 ? 'boom' : bytes.length > 0 ? 'other' : undefined
    expect((await minimised(Buffer.from('abcdefgh'), failure, 'boom')).length).toBe(4)
  })
})
