import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { type Evaluator, readScript, runCase, runErrorCase } from './conformance.ts'
import { finish } from './finish.ts'
import { merge } from './merge.ts'
import { parse } from './parse.ts'
import { print } from './print.ts'
import { evaluate } from './reference.ts'

const FOLDER = new URL('../../../conformance/', import.meta.url)

const whole: Evaluator = (events, query, scope) => finish(query, evaluate(query, events, scope), scope)

/** Every event a partial of its own, through JSON, merged in a shuffled order. */
const scattered: Evaluator = (events, query, scope) => {
  const parts = events.map(event => evaluate(query, [event], scope))
  parts.sort((a, b) => JSON.stringify(a).length - JSON.stringify(b).length)
  const merged = parts.reduce((a, b) => merge(query, a, b), evaluate(query, [], scope))
  return finish(query, merged, scope)
}

const printed: Evaluator = (events, query, scope) => whole(events, parse(print(query)).query!, scope)

for (const file of readdirSync(FOLDER).filter(name => name.endsWith('.test'))) {
  describe(file, () => {
    const { cases, errors, problems } = readScript(readFileSync(new URL(file, FOLDER), 'utf8'))
    test('the script is well formed', () => expect(problems).toEqual([]))
    for (const one of cases) {
      test(`line ${one.line}: ${one.name}`, async () => {
        expect(await runCase(whole, one), 'whole').toBeUndefined()
        expect(await runCase(scattered, one), 'scattered').toBeUndefined()
        expect(await runCase(printed, one), 'printed').toBeUndefined()
      })
    }
    for (const one of errors) {
      test(`line ${one.line}: ${one.name}`, () => expect(runErrorCase(one)).toBeUndefined())
    }
  })
}

test('there are at least 500 cases', () => {
  const texts = readdirSync(FOLDER)
    .filter(name => name.endsWith('.test'))
    .map(name => readFileSync(new URL(name, FOLDER), 'utf8'))
  expect(texts.flatMap(text => readScript(text).cases).length).toBeGreaterThanOrEqual(500)
})

test('a wrong answer is noticed', async () => {
  const { cases } = readScript('events\n{"x":1}\n\nquery a\n* | sum(x)\n----\n[2]\n')
  expect(await runCase(whole, cases[0]!)).toContain('differs')
  expect(await runCase(() => ({ columns: [], rows: [] }), cases[0]!)).toContain('0 rows, expected 1')
})
