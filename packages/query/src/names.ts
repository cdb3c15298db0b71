/** What a name in a query means. */
export type Place =
  /** A key every event has at its top (`seq` and `collector` only once journaled). */
  | { readonly kind: 'top'; readonly key: TopField; readonly type: 'string' | 'number' | 'time' | 'strings' }
  /** The leaf of additional_info whose keys joined by dots are `name`. */
  | { readonly kind: 'path'; readonly name: string }
  /** additional_info as a whole: an object, so missing as a value. */
  | { readonly kind: 'info' }

export type TopField = keyof typeof TOP_FIELDS

/** The keys at the top of an event that queries can name, with their types. */
export const TOP_FIELDS = {
  type: 'string',
  hostname: 'string',
  time: 'time',
  received_at: 'time',
  tags: 'strings',
  md5: 'string',
  seq: 'number',
  collector: 'string',
} as const

const INFO = 'additional_info'

/** The place a name of a query means: the top-level key if there is one of that name, else a path in additional_info. */
export function resolve(name: string): Place {
  if (Object.hasOwn(TOP_FIELDS, name)) {
    const key = name as TopField
    return { kind: 'top', key, type: TOP_FIELDS[key] }
  }
  if (name === INFO) return { kind: 'info' }
  return { kind: 'path', name: name.startsWith(`${INFO}.`) ? name.slice(INFO.length + 1) : name }
}
