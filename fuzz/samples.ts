import type { Random } from '../packages/query/src/seeded.ts'
import { mutated, noise } from './mutate.ts'

const EVENTS = [
  '{"type":"page_load","hostname":"h","time":1795132800001.25,"tags":["a","slow"],"additional_info":{"__proto__":{"x":1},"t":0.5,"deep":[[{"a":"\\u00e9"}]]}}',
  '{"type":"x","tags":["a"],"additional_info":{"n":1.5e3,"s":"\\u00e9\\ud83d","o":{"__proto__":{"p":1}}}}',
  '{"url":"/","status":200,"a.b":1,"a":{"b":2}}',
  '{"type":"gc","md5":"cd0e351d2eefdf0f79e0b55a0efe543b","received_at":1,"seq":9,"collector":"c"}',
  '"a bare message"',
  '{}',
  '[{"type":"a"},{"type":"b"},3]',
  'plain text, no JSON',
  '',
]

/** Lines of events, whole or not, and noise now and then. */
export function eventLines(random: Random, most = 5): Buffer {
  if (random.chance(0.05)) return noise(random, 400)
  const lines = random.some(most, () => random.of(EVENTS)).join(random.of(['\n', '\n', '\n', '\r\n', '\n\n']))
  const whole = Buffer.from(random.chance(0.7) ? `${lines}\n` : lines)
  return random.chance(0.3) ? whole : mutated(random, whole)
}
