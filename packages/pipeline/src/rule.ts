import type { Json } from '@telltale/event'
import { type ClassifyRule, isWord } from './classify.ts'
import { group, json, type Kind, named, needed, oneOrMore, setting, text, that } from './setting.ts'

const WHEN: Kind = that(
  'a filter such as "type = exception", or code',
  value => typeof value === 'string' || typeof value === 'function',
)

const ANY = named(json, 'path')
/** What stands at the top is a text; all else is data. */
const SET: Kind<Record<string, Json>> = {
  expected: ANY.expected,
  read(value, place) {
    const read = ANY.read(value, place)
    for (const name of Object.keys(read)) if (isWord(name)) text.read(read[name], `${place}.${name}`)
    return read
  },
}

const TAG = oneOrMore(text, 'texts')

/** A rule of `classify`, as it is written. */
export const RULE: Kind<ClassifyRule> = group({ when: setting(needed(WHEN)), set: setting(SET), tag: setting(TAG) })
