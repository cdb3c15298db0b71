import { name, text } from '../literal.ts'

/**
 * What SQL knows of a value, one expression per type; each is NULL where the value is of another type. Absent: it never
 * is of that type.
 */
export interface View {
  readonly number?: string
  readonly string?: string
  /** UInt8 or Bool, nullable. */
  readonly boolean?: string
  /** The value is an array of strings, this one. (Tags: the only array SQL looks into.) */
  readonly strings?: string
  /** UInt8: the value is an array (or something SQL can't tell), so only the reference can say what it is. */
  readonly doubt?: string
}

/** What the types of a path mean. Unknown types: it may hold anything. */
export function pathView(path: string, types: ReadonlySet<string> | undefined): View {
  const has = (type: string): boolean => types === undefined || types.has(type)
  const numbers = [
    ...(has('Float64') ? [sub(path, 'Float64')] : []),
    ...(has('Int64') ? [`toFloat64(${sub(path, 'Int64')})`] : []),
    ...(has('UInt64') ? [`toFloat64(${sub(path, 'UInt64')})`] : []),
  ]
  const doubtful = types === undefined || [...types].some(type => !SCALARS.has(type))
  return {
    ...(numbers.length === 0 ? {} : { number: numbers.length === 1 ? numbers[0]! : `coalesce(${numbers.join(', ')})` }),
    ...(has('String') ? { string: sub(path, 'String') } : {}),
    ...(has('Bool') ? { boolean: sub(path, 'Bool') } : {}),
    ...(doubtful
      ? { doubt: `dynamicType(${dynamic(path)}) NOT IN ('None', 'Float64', 'Int64', 'UInt64', 'String', 'Bool')` }
      : {}),
  }
}

/** Whether there is anything at the path itself, as UInt8. */
export function pathThere(path: string, types: ReadonlySet<string> | undefined): string {
  if (types?.size === 0) return '0'
  if (types?.size === 1) {
    const [type] = types
    if (SCALARS.has(type!)) return `isNotNull(${sub(path, type!)})`
  }
  return `isNotNull(${dynamic(path)})`
}

const SCALARS = new Set(['Float64', 'Int64', 'UInt64', 'String', 'Bool'])

/** All that stands at a path, as Dynamic. */
function dynamic(path: string): string {
  return path === '' ? "getSubcolumn(additional_info, '')" : `additional_info.${name(path)}`
}

/** What stands at a path where it is of that type, else NULL. */
function sub(path: string, type: string): string {
  if (path === '') return `dynamicElement(${dynamic(path)}, ${text(type)})`
  return `additional_info.${name(path)}.:${name(type)}`
}

/** The value's identity (see @telltale/query's identity.ts) as Nullable(String). Arrays but tags are missing: they are in doubt. */
export function identity({ number, string, boolean, strings }: View): string {
  const cases: string[] = []
  if (strings !== undefined) return `concat('s', ${jsonText(strings)})`
  if (string !== undefined) cases.push(`concat('s', ${string})`)
  // Adding 0 turns −0 into 0.
  if (number !== undefined) cases.push(`concat('n', leftPad(hex(reinterpretAsUInt64(${number} + 0.)), 16, '0'))`)
  if (boolean !== undefined) cases.push(`if(${boolean}, 'b1', 'b0')`)
  return nullable(cases, boolean)
}

function nullable(cases: string[], boolean: string | undefined): string {
  const last = cases.length - 1
  // NULL as a condition counts as false, so a missing boolean needs a guard of its own.
  if (boolean !== undefined) cases[last] = `if(isNull(${boolean}), NULL, ${cases[last]})`
  if (cases.length === 0) return "CAST(NULL, 'Nullable(String)')"
  return `CAST(${cases.length === 1 ? cases[0] : `coalesce(${cases.join(', ')})`}, 'Nullable(String)')`
}

/** Tags as JavaScript writes them: ClickHouse escapes two line separators more. */
function jsonText(strings: string): string {
  return `replaceAll(replaceAll(toJSONString(${strings}), '\\\\u2028', '\u2028'), '\\\\u2029', '\u2029')`
}
