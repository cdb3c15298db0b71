import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Random, zipf } from './random.ts'

describe('Random', () => {
  it('gives the same numbers for the same text, on every machine', () => {
    const random = new Random('1/visits')
    expect([random.next(), random.next(), random.next()]).toEqual([
      0.32133400649763644, 0.5717969634570181, 0.3950155065394938,
    ])
  })

  it('keeps within its bounds', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1, max: 1e6 }), (seed, bound) => {
        const random = new Random(seed)
        for (let n = 0; n < 50; n++) {
          expect(random.next()).toBeGreaterThanOrEqual(0)
          expect(random.next()).toBeLessThan(1)
          expect(random.below(bound)).toBeLessThan(bound)
          expect(random.logNormal(0.1, 0.5)).toBeGreaterThan(0)
        }
      }),
    )
  })

  it('gives unrelated streams for seeds that look alike', () => {
    const firsts = Array.from({ length: 2000 }, (_, n) => new Random(`1/pool/${n}`).next())
    const mean = firsts.reduce((sum, x) => sum + x) / firsts.length
    const neighbours = firsts.slice(1).reduce((sum, x, n) => sum + (x - 0.5) * (firsts[n]! - 0.5), 0) / firsts.length
    expect(mean).toBeCloseTo(0.5, 1)
    expect(Math.abs(neighbours * 12)).toBeLessThan(0.1)
  })

  it.each([0, 0.02, 1, 7, 29, 31, 400])('draws Poisson numbers with mean and variance %d', mean => {
    const random = new Random(`poisson/${mean}`)
    const draws = Array.from({ length: 20_000 }, () => random.poisson(mean))
    const average = draws.reduce((sum, x) => sum + x) / draws.length
    const variance = draws.reduce((sum, x) => sum + (x - average) ** 2, 0) / draws.length
    expect(Math.abs(average - mean)).toBeLessThanOrEqual(0.05 * mean)
    expect(Math.abs(variance - mean)).toBeLessThanOrEqual(0.1 * mean)
  })

  it('draws by rank as Zipf says', () => {
    const draw = zipf(['a', 'b', 'c', 'd'], 1)
    const random = new Random('zipf')
    const counts: Record<string, number> = {}
    for (let n = 0; n < 50_000; n++) {
      const item = draw(random)
      counts[item] = (counts[item] ?? 0) + 1
    }
    expect(counts['a']! / counts['b']!).toBeCloseTo(2, 0)
    expect(counts['a']! / counts['d']!).toBeCloseTo(4, 0)
  })
})
