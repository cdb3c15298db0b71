import { Dictionary } from '@telltale/event'
import { expect, test } from 'vitest'
import { recent } from './recent.ts'
import { OpenTexts } from './texts.ts'

test('texts that have proven all different are kept without a look, and shared again once they repeat', () => {
  const texts = new OpenTexts(4)
  const adopt = (text: string): number => {
    const batch = new Dictionary(1)
    return texts.adopt(batch, batch.string(text))
  }
  const words = [...Array.from({ length: 3000 }, (_, i) => `word ${i}`), ...Array.from({ length: 3000 }, () => 'same')]
  const codes = words.map(adopt)
  expect(codes.map(code => texts.frozen().text(code))).toEqual(words)
  expect(new Set(codes.slice(0, 3000)).size).toBe(3000)
  expect(new Set(codes.slice(3000)).size).toBeLessThan(100)
})

test('a text that got several codes is one text to a query', () => {
  const latest = recent({ chunk: 8192 })
  const ids = Array.from({ length: 6000 }, (_, i) =>
    i < 4000 ? `id ${i}` : i < 5000 ? `id ${(i * 7) % 4000}` : 'last',
  )
  for (const id of ids) latest.add(JSON.stringify({ id }))
  const counts = new Map<string, number>()
  for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1)
  const { rows } = latest.query('count() by id | limit 10000')
  expect(new Map(rows.map(([id, count]) => [id as string, count as number]))).toEqual(counts)
  expect(rows).toHaveLength(counts.size)
  expect(latest.query('id = last | count()').rows).toEqual([[1000]])
  const once = recent()
  for (const id of counts.keys()) once.add(JSON.stringify({ id }))
  expect(latest.query('uniq(id)').rows).toEqual(once.query('uniq(id)').rows)
})
