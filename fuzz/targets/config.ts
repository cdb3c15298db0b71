import { mkdtempSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadConfig } from '../../packages/telltale/src/config.ts'
import { must, type Target } from '../target.ts'

const folder = mkdtempSync(join(tmpdir(), 'telltale-fuzz-config-'))
const SETTINGS = [
  'host',
  'port',
  'data',
  'tokens',
  'latest',
  'history',
  'journal',
  'channels',
  'classify',
  'process',
  'calculate',
  'queries',
  'prot',
  '__proto__',
]
const VALUES = [
  "'x'",
  '7575',
  '-1',
  'NaN',
  'null',
  'undefined',
  '{}',
  '[]',
  '[1]',
  "{ events: 'many' }",
  "{ memory: '12XB' }",
  '{ keep: 7 }',
  "{ sync: 'now' }",
  '() => 1',
  '[{}]',
  "[{ when: 'type = = x', set: {} }]",
  '{ admin: 5 }',
]
let cases = 0

/** A configuration file; broken ones are texts no engine would run. */
export const config: Target = {
  name: 'config',
  about: 'a configuration file of any content: it is loaded, or refused with its name and the reason',
  few: 30,
  make(random) {
    const body = random.some(4, () => `${random.of(SETTINGS)}: ${random.of(VALUES)}`).join(', ')
    const text = `export default { ${body} }\n`
    if (random.chance(0.7)) return Buffer.from(text)
    // Letters only go, so that nothing new comes to be that runs for ever.
    const at = random.below(text.length)
    return Buffer.from(text.slice(0, at) + text.slice(at + 1 + random.below(6)))
  },
  async run(input) {
    const file = join(folder, `telltale${cases++ % 50}.config.ts`)
    writeFileSync(file, input)
    try {
      const loaded = await loadConfig(file)
      must(typeof loaded === 'object' && loaded !== null, () => 'loaded as no object')
    } catch (error) {
      must((error as Error).message.includes(file), () => `refused without its name: ${(error as Error).stack}`)
    }
  },
  async close() {
    await rm(folder, { recursive: true, force: true })
  },
}
