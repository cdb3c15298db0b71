import { describe, expect, it } from 'vitest'
import { suggest } from './suggest.ts'

const seen = {
  types: ['page_load', '404'],
  hosts: ['dc0-web01'],
  events: [
    {
      type: 'page_load',
      hostname: 'dc0-web01',
      time: 1,
      tags: ['slow'],
      additional_info: { url: '/a b', http: { status: 200 } },
    },
  ],
}
const labels = (before: string) => suggest(before, seen).suggestions.map(({ label }) => label)

describe('suggest', () => {
  it('offers values after a comparison', () => {
    expect(labels('type = ')).toEqual(['page_load', '404'])
    expect(labels('type in (404, pa')).toEqual(['page_load', '404'])
    expect(labels('hostname = d')).toEqual(['dc0-web01'])
    expect(suggest('url = ', seen).suggestions[0]).toMatchObject({ label: '/a b', apply: '"/a b"' })
    expect(labels('http.status = ')).toEqual(['200'])
    expect(labels('tag:')).toEqual(['slow'])
  })

  it('offers fields where a field may stand', () => {
    for (const before of ['', 'type = gc and ', 'not (', 'type = gc | p99(', 'count() by ', 'count() by type, ht']) {
      expect(labels(before), before).toContain('http.status')
    }
  })

  it('offers aggregates after a bar', () => {
    expect(labels('type = gc | ')).toContain('count([x])')
    expect(suggest('type = gc | c', seen).suggestions.find(({ label }) => label.startsWith('p99('))).toMatchObject({
      apply: 'p99(',
    })
    expect(labels('type = gc | count() ')).toContain('by')
  })

  it('says where the word starts', () => {
    expect(suggest('type = gc and http.sta', seen).from).toBe(14)
  })
})
