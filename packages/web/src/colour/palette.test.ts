import { describe, expect, it } from 'vitest'
import { Palette, SWATCHES } from './palette.ts'
import { contrast, DEFICIENCIES, difference, linear, simulate } from './vision.ts'

const CORE = SWATCHES.slice(0, 6)
const pairs = <T>(list: readonly T[]) => list.flatMap((a, i) => list.slice(i + 1).map(b => [a, b] as const))

describe('palette', () => {
  it('gives meaning a colour: exceptions warm, 404s yellow, page loads blue, garbage collection violet', () => {
    const palette = new Palette()
    expect(palette.of('exception').name).toBe('red')
    expect(palette.of('404').name).toBe('yellow')
    expect(palette.of('page_load').name).toBe('blue')
    expect(palette.of('landing_page_load').name).toBe('teal')
    expect(palette.of('gc').name).toBe('violet')
    expect(palette.of('db_timeout').name).toBe('orange')
  })

  it('never changes its mind, and remembers over a visit', () => {
    const palette = new Palette()
    const types = Array.from({ length: 40 }, (_, i) => `kind_${i}`)
    const first = types.map(type => palette.of(type))
    expect(types.map(type => palette.of(type))).toEqual(first)
    const again = new Palette(palette.remember())
    expect([...types].reverse().map(type => again.of(type))).toEqual([...first].reverse())
  })

  it('keeps red and yellow for what means red and yellow', () => {
    const palette = new Palette()
    const names = Array.from({ length: 60 }, (_, i) => palette.of(`thing${i}`).name)
    expect(names).not.toContain('red')
    expect(names).not.toContain('yellow')
  })

  it('gives distinct colours while there are some left', () => {
    const palette = new Palette()
    const names = ['alpha', 'beta', 'gamma', 'delta', 'epsilon', 'zeta'].map(type => palette.of(type).name)
    expect(new Set(names).size).toBe(names.length)
  })

  it('gives a type the same colour in every browser, whatever came first', () => {
    const apart = ['exception', 'page_load', '404', 'gc', 'db_timeout', 'login', 'deploy']
    const inTurn = (types: readonly string[]) => {
      const palette = new Palette()
      return Object.fromEntries(types.map(type => [type, palette.of(type).name]))
    }
    expect(inTurn(apart.toReversed())).toEqual(inTurn(apart))
    const many = [...apart, 'error', 'fatal', 'order', 'alpha', 'beta', 'gamma', 'host_cpu']
    const together = (types: readonly string[]) => {
      const palette = new Palette()
      palette.meet(types)
      return many.map(type => palette.of(type).name)
    }
    expect(together(many.toReversed())).toEqual(together(many))
    const [one, other] = [new Palette(), new Palette()]
    one.all(many)
    other.all(many.toReversed())
    expect(many.map(type => one.of(type))).toEqual(many.map(type => other.of(type)))
  })

  it('lets what always comes take no colour from the others', () => {
    const palette = new Palette()
    palette.all(['host_cpu', 'host_disk', 'host_memory', 'telltale_canary', 'log'])
    expect(palette.of('log').name).toBe(new Palette().of('log').name)
  })

  it('takes another colour only where that of the name is on the same tape', () => {
    const palette = new Palette()
    expect(palette.of('exception').name).toBe('red')
    expect(palette.of('error').name).not.toBe('red')
    palette.meet(['gc'])
    expect(palette.of('fatal').name).toBe(new Palette().of('fatal').name)
    expect(new Palette({ exception: 'red' }).of('error').name).toBe('red')
  })

  it('is bounded, however many types a sender makes up', () => {
    const palette = new Palette()
    for (let i = 0; i < 10_000; i++) palette.of(`made up ${i}`)
    expect(palette.of('one more').name).toBe('others')
    expect(Object.keys(palette.remember()).length).toBe(200)
  })

  it('shows on film and on paper: contrast of at least 3', () => {
    for (const swatch of SWATCHES) {
      expect(contrast(swatch.film, '#0f1a1b'), `${swatch.name} on film`).toBeGreaterThanOrEqual(3)
      expect(contrast(swatch.paper, '#fbfcfb'), `${swatch.name} on paper`).toBeGreaterThanOrEqual(3)
    }
  })

  it('tells every two colours apart', () => {
    for (const [a, b] of pairs(SWATCHES)) {
      expect(difference(linear(a.film), linear(b.film)), `${a.name} and ${b.name}`).toBeGreaterThan(0.06)
    }
  })

  it.each(Object.entries(DEFICIENCIES))('tells the meaning-bearing colours apart with %s', (_, deficiency) => {
    for (const [a, b] of pairs(CORE)) {
      const seen = difference(simulate(linear(a.film), deficiency), simulate(linear(b.film), deficiency))
      expect(seen, `${a.name} and ${b.name}`).toBeGreaterThan(0.06)
    }
  })
})
