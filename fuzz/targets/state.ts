import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, statSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { file } from '@telltale/channels'
import { wallClock } from '@telltale/event'
import { mutated } from '../mutate.ts'
import { Counting } from '../stand-in.ts'
import { must, type Target } from '../target.ts'

const folder = mkdtempSync(join(tmpdir(), 'telltale-fuzz-state-'))
const path = join(folder, 'app.log')
const state = join(folder, 'app.position')
/** As it is remembered: length and MD5 of the first bytes. */
const HEAD = `13:${createHash('md5').update('{"type":"a"}\n').digest('hex')}`
const LINES = '{"type":"a"}\nplain text\n{"type":"b"}\n'

function remembered(): string {
  const { dev, ino } = statSync(path, { bigint: true })
  return JSON.stringify({
    path,
    files: [{ file: `${dev}:${ino}`, offset: 13, head: HEAD }],
  })
}

/** What a followed file remembers of how far it was read. */
export const stateFile: Target = {
  name: 'file-state',
  about: 'the remembered position of a followed file, with other bytes: it goes on, or starts anew and says so',
  few: 30,
  async open() {
    mkdirSync(folder, { recursive: true })
    writeFileSync(path, LINES)
  },
  make(random) {
    const text = remembered()
    const values = ['"13"', '1.5', '-1', '1e300', 'null', '{}', '[]', '""', '9007199254740993']
    if (random.chance(0.5))
      return Buffer.from(
        text.replace(/13(?=,)|"13:[^"]*"|"\d+:\d+"/g, found => (random.chance(0.4) ? random.of(values) : found)),
      )
    return mutated(random, Buffer.from(text), 3)
  },
  async run(input) {
    writeFileSync(path, LINES)
    writeFileSync(state, input)
    const intake = new Counting()
    const logs: string[] = []
    const channel = file({ path, state, from: 'beginning' })
    await channel.start({ intake, clock: wallClock, log: message => logs.push(message) })
    writeFileSync(path, '{"type":"last"}\n', { flag: 'a' })
    await channel.stop()
    must(intake.accepted <= 4, () => `${intake.accepted} events of 4 lines`)
    must(intake.last === 'last', () => `the last event taken is "${intake.last}"; ${logs.join('; ')}`)
  },
  async close() {
    await rm(folder, { recursive: true, force: true })
  },
}
