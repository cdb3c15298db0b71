import { readDuration } from '@telltale/query'

const UNITS: Readonly<Record<string, number>> = {
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KIB: 2 ** 10,
  MIB: 2 ** 20,
  GIB: 2 ** 30,
}

/** A size such as 512MB or 2GiB, in bytes. */
export function readBytes(size: number | string): number {
  const match = typeof size === 'string' ? /^(\d+(?:\.\d+)?)\s*([a-z]+)?$/i.exec(size.trim()) : undefined
  const bytes =
    typeof size === 'number' ? size : Number(match?.[1]) * (UNITS[(match?.[2] ?? 'B').toUpperCase()] ?? Number.NaN)
  if (!(bytes > 0)) throw new RangeError(`memory must be bytes or a size such as 512MB, found ${JSON.stringify(size)}`)
  return bytes
}

/** A duration such as 24h, in ms. */
export function readAge(age: number | string): number {
  const ms = typeof age === 'string' ? readDuration(age) : age
  if (ms === undefined || !(ms > 0))
    throw new RangeError(`age must be ms or a duration such as 24h, found ${JSON.stringify(age)}`)
  return ms
}
