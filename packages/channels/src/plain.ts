/** What becomes of a line that is not JSON: a bare message, `{"message": line}`, or refused with the reason. */
export type Plain = 'message' | 'refuse'

const NEWLINE = 10
const QUOTE = 34
const BRACE = 123

/**
 * Makes a bare message (a JSON string) of every line that is not JSON; blank lines go. A line that opens like an object,
 * `{"` or `{}`, and ends with `}` is held to be meant as JSON and left as it is: where it is broken, its sender should
 * hear why.
 * @param lines UTF-8; what is not becomes U+FFFD
 * @returns the same bytes where all of them are JSON
 */
export function plainToMessages(lines: Buffer): Buffer {
  const parts: Buffer[] = []
  let kept = 0
  for (let start = 0; start < lines.length; ) {
    const newline = lines.indexOf(NEWLINE, start)
    const end = newline < 0 ? lines.length : newline
    if (!isJson(lines, start, end)) {
      if (start > kept) parts.push(lines.subarray(kept, start))
      const text = lines.toString('utf8', start, end).replace(/\r$/, '')
      if (text.trim() !== '') parts.push(Buffer.from(`${JSON.stringify(text)}\n`))
      kept = end + 1
    }
    start = end + 1
  }
  if (kept === 0) return lines
  if (kept < lines.length) parts.push(lines.subarray(kept))
  return Buffer.concat(parts)
}

/** Whether a line is meant as JSON, as {@link plainToMessages} has it; it may be broken. */
export function isJsonLine(line: string): boolean {
  const bytes = Buffer.from(line)
  return isJson(bytes, 0, bytes.length)
}

function isJson(bytes: Buffer, from: number, to: number): boolean {
  let start = from
  let end = to
  while (start < end && isSpace(bytes[start]!)) start++
  while (end > start && isSpace(bytes[end - 1]!)) end--
  if (end - start < 2) return false
  switch (bytes[start]) {
    case BRACE: {
      let next = start + 1
      while (next < end && isSpace(bytes[next]!)) next++
      return (bytes[next] === QUOTE || bytes[next] === BRACE + 2) && bytes[end - 1] === BRACE + 2
    }
    case QUOTE:
    case 91 /* [ */:
      return isEvents(bytes.toString('utf8', start, end))
    default:
      return false
  }
}

/** A JSON string is an event; so is each item of an array, if all of them can be. */
function isEvents(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text)
    return !Array.isArray(value) || (value.length > 0 && value.every(item => typeof item === 'object' && item !== null))
  } catch {
    return false
  }
}

function isSpace(byte: number): boolean {
  return byte === 32 || byte === 9 || byte === 13
}
