import { readDuration, readBytes as sizeOf } from '@telltale/query'

/** A size such as 512MB or 2GiB, in bytes. */
export function readBytes(size: number | string): number {
  const bytes = typeof size === 'string' ? sizeOf(size) : size
  if (bytes === undefined || !(bytes > 0))
    throw new RangeError(`memory must be bytes or a size such as 512MB, found ${JSON.stringify(size)}`)
  return bytes
}

/** A duration such as 24h, in ms. */
export function readAge(age: number | string): number {
  const ms = typeof age === 'string' ? readDuration(age) : age
  if (ms === undefined || !(ms > 0))
    throw new RangeError(`age must be ms or a duration such as 24h, found ${JSON.stringify(age)}`)
  return ms
}
