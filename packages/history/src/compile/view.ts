import { name, text } from '../literal.ts'

/** A value that is no array, one expression per type; each is NULL where the value is of another type. Absent: it never is of that type. */
export interface Scalars {
  readonly number?: string
  readonly string?: string
  /** UInt8 or Bool, nullable. */
  readonly boolean?: string
}

/** What SQL knows of a value. */
export interface View extends Scalars {
  /** Arrays of the types the value may be; each is empty where it is none. */
  readonly arrays?: readonly ArrayView[]
  /** Nullable(String): the value as JSON text where it is an array, as far as SQL can tell. */
  readonly json?: string
  /** UInt8: comparisons with the value are beyond SQL. */
  readonly doubt?: string
  /** UInt8: the value's identity is beyond SQL: an array of events, whose text only the reference knows. */
  readonly opaque?: string
  /** UInt8: the number is not quite what the reference makes of it. Then it is in doubt and opaque, too. */
  readonly inexact?: string
}

export interface ArrayView {
  readonly sql: string
  /** What an element is, given its name in a lambda. */
  readonly item: (element: string) => Scalars
}

/** What the types of a path mean. Unknown types: it may hold anything. */
export function pathView(path: string, types: ReadonlySet<string> | undefined): View {
  const known = types ?? new Set([...Object.keys(SCALARS), ...Object.keys(ARRAYS)])
  const numbers = NUMBERS.flatMap(([type, read]) => (known.has(type) ? [read(sub(path, type))] : []))
  const others = [...known].filter(type => !Object.hasOwn(SCALARS, type))
  const strange = types === undefined || others.some(type => !type.startsWith('Array('))
  const arrays = others.flatMap(type => {
    const item = ARRAYS[type]
    return item === undefined ? [] : [{ sql: sub(path, type), item }]
  })
  const notScalar = `dynamicType(${dynamic(path)}) NOT IN (${SCALAR_NAMES})`
  return {
    ...(numbers.length === 0 ? {} : { number: coalesced(numbers) }),
    ...(known.has('String') ? { string: sub(path, 'String') } : {}),
    ...(known.has('Bool') ? { boolean: sub(path, 'Bool') } : {}),
    ...(arrays.length === 0 ? {} : { arrays }),
    ...(strange ? { doubt: notScalar } : {}),
    ...(others.length > 0 ? { opaque: notScalar } : {}),
  }
}

/** What a type's elements are. Arrays of arrays and of objects have none that match anything. */
const ARRAYS: Record<string, (element: string) => Scalars> = {
  'Array(Nullable(String))': e => ({ string: e }),
  'Array(Nullable(Float64))': e => ({ number: e }),
  'Array(Nullable(Int64))': e => ({ number: `toFloat64(${e})` }),
  'Array(Nullable(UInt64))': e => ({ number: `toFloat64(${e})` }),
  'Array(Nullable(Bool))': e => ({ boolean: e }),
  'Array(Dynamic)': e => ({
    string: `dynamicElement(${e}, 'String')`,
    number: coalesced(NUMBERS.map(([type, read]) => read(`dynamicElement(${e}, '${type}')`))),
    boolean: `dynamicElement(${e}, 'Bool')`,
  }),
}

/** Whether there is anything at the path itself, as UInt8. */
export function pathThere(path: string, types: ReadonlySet<string> | undefined): string {
  if (types?.size === 0) return '0'
  if (types?.size === 1) {
    const [type] = types
    if (Object.hasOwn(SCALARS, type!)) return `isNotNull(${sub(path, type!)})`
  }
  return `isNotNull(${dynamic(path)})`
}

const NUMBERS: readonly (readonly [type: string, read: (column: string) => string])[] = [
  ['Float64', column => column],
  ['Int64', column => `toFloat64(${column})`],
  ['UInt64', column => `toFloat64(${column})`],
]
const SCALARS = { Float64: 1, Int64: 1, UInt64: 1, String: 1, Bool: 1 }
const SCALAR_NAMES = ['None', ...Object.keys(SCALARS)].map(text).join(', ')

function coalesced(parts: readonly string[]): string {
  return parts.length === 1 ? parts[0]! : `coalesce(${parts.join(', ')})`
}

/** All that stands at a path, as Dynamic. */
function dynamic(path: string): string {
  return path === '' ? "getSubcolumn(additional_info, '')" : `additional_info.${name(path)}`
}

/** What stands at a path where it is of that type, else NULL. */
function sub(path: string, type: string): string {
  if (path === '') return `dynamicElement(${dynamic(path)}, ${text(type)})`
  return `additional_info.${name(path)}.:${name(type)}`
}

/** The value's identity (see @telltale/query's identity.ts) as Nullable(String); NULL for what is {@link View.opaque}. */
export function identity({ number, string, boolean, json }: View): string {
  const cases: string[] = []
  for (const texts of [string, json]) if (texts !== undefined) cases.push(`concat('s', ${texts})`)
  // Adding 0 turns −0 into 0.
  if (number !== undefined) cases.push(`concat('n', leftPad(hex(reinterpretAsUInt64(${number} + 0.)), 16, '0'))`)
  // NULL as a condition counts as false, so a missing boolean needs a guard.
  if (boolean !== undefined) cases.push(`if(isNull(${boolean}), NULL, if(${boolean}, 'b1', 'b0'))`)
  return `CAST(${cases.length === 0 ? 'NULL' : coalesced(cases)}, 'Nullable(String)')`
}

/** The value's words (see @telltale/query's hash.ts) as Nullable(UInt64). */
export function words({ number, string, boolean, json }: View): string {
  const cases: string[] = []
  if (number !== undefined) cases.push(`reinterpretAsUInt64(${number} + 0.)`)
  for (const texts of [string, json])
    if (texts !== undefined) cases.push(`bitShiftLeft(toUInt64(xxHash32(${texts})), 32) + murmurHash3_32(${texts})`)
  if (boolean !== undefined) cases.push(`if(isNull(${boolean}), NULL, ${FALSE} + ${boolean})`)
  return `CAST(${cases.length === 0 ? 'NULL' : coalesced(cases)}, 'Nullable(UInt64)')`
}

/** That of false; true has the next. */
const FALSE = 0x7ff8000000000001n

/** Tags: the array every event has. ClickHouse escapes two line separators more than JavaScript. */
export const TAGS: View = {
  arrays: [{ sql: 'tags', item: string => ({ string }) }],
  json: `replaceAll(replaceAll(toJSONString(tags), '\\\\u2028', '\u2028'), '\\\\u2029', '\u2029')`,
}
