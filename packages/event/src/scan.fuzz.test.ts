import { expect, test, vi } from 'vitest'
import { compareWithParse } from './testing/differential.ts'
import { Documents } from './testing/documents.ts'

/**
 * A plain, fast run over many more documents than scan.property.test.ts can try: generated and mutated JSON, each read
 * by bytes and by JSON.parse. `TELLTALE_FUZZ_CASES=1000000 npx vitest run scan.fuzz` is the long run; a failure names
 * its case, `TELLTALE_FUZZ_SEED` changes all of them. `npm run fuzz` runs the same beside all other decoders.
 */
const CASES = Number(process.env['TELLTALE_FUZZ_CASES'] ?? 10_000)
const SEED = Number(process.env['TELLTALE_FUZZ_SEED'] ?? 1)
vi.setConfig({ testTimeout: Math.max(120_000, CASES * 20) })

test(`${CASES} documents say the same by bytes as by JSON.parse, whole or broken`, () => {
  let whole = 0
  for (let i = 0; i < CASES; i++) {
    const documents = new Documents(Math.imul(SEED, 0x9e3779b1) + i)
    const broken = i % 2 === 1
    const document = broken ? documents.mutated() : documents.object()
    try {
      if (compareWithParse(document, { trusted: i % 5 === 0, broken })) whole++
    } catch (error) {
      expect.fail(`case ${i} of seed ${SEED}: ${(error as Error).message}`)
    }
  }
  expect(whole).toBeGreaterThan(CASES / 4)
})
