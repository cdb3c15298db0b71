import { expect, test } from 'vitest'
import type { Engine } from './engine/engine.ts'
import { Fields } from './fields.ts'

/** An engine whose table of fields is a list, and whose answers to `SELECT DISTINCT` come when they are let go. */
function made() {
  const table: [string, string][] = [['old', 'Int64']]
  const held: (() => void)[] = []
  let holding = false
  const engine = {
    async command(sql: string) {
      for (const [, path, type] of sql.matchAll(/\('([^']*)', '([^']*)'\)/g)) table.push([path!, type!])
    },
    async read(sql: string) {
      if (sql.includes('arrayJoin'))
        return { bytes: Buffer.from('["__proto__",["Int64"]]\n["a.b",["String","Int64"]]\n') }
      if (!sql.startsWith('SELECT DISTINCT')) return { bytes: Buffer.from('0\n') }
      const bytes = Buffer.from(table.map(pair => `${JSON.stringify(pair)}\n`).join(''))
      if (holding) await new Promise<void>(resolve => held.push(resolve))
      return { bytes }
    },
  } as unknown as Engine
  return {
    fields: new Fields(engine),
    hold: () => {
      holding = true
    },
    release: () => held.splice(0).forEach(each => void each()),
  }
}

const SEGMENT = { collector: 'c', firstSeq: 1, lastSeq: 2 }

test('scar: what is learned while the engine comes up anew stays known', async () => {
  const { fields, hold, release } = made()
  await fields.open()
  hold()
  const again = fields.open()
  await new Promise(setImmediate)
  await fields.learn(SEGMENT)
  release()
  await again
  expect([...fields.all].map(([path, types]) => [path, ...types])).toEqual([
    ['old', 'Int64'],
    ['__proto__', 'Int64'],
    ['a.b', 'String', 'Int64'],
  ])
})

test('what is read twice counts once', async () => {
  const { fields } = made()
  for (let i = 0; i < 50_001; i++) await fields.open()
  expect(fields.full).toBe(false)
  expect(fields.types('old')).toEqual(new Set(['Int64']))
}, 30_000)
