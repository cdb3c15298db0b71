import type { Event, Json } from '@telltale/event'
import { type Expression, ofEvent, predicate, resolve } from '@telltale/query'

/**
 * What the law says of a condition that speaks of one field only, as a test of that field's value: it is asked of an
 * event that has nothing else.
 */
export function ofValue(expression: Expression, field: string): (value: Json) => boolean {
  const matches = predicate(expression, ofEvent)
  const place = resolve(field)
  return value => {
    const event: Event = { type: '', hostname: '', time: 0, received_at: 0, tags: [], md5: '', additional_info: {} }
    if (place.kind === 'top') Object.assign(event, { [place.key]: value })
    else event.additional_info = Object.fromEntries([[place.kind === 'path' ? place.name : field, value]])
    return matches(event)
  }
}
