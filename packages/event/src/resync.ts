import { BACKSLASH, CLOSE, CLOSE_ARRAY, COLON, COMMA, NEWLINE, OPEN, OPEN_ARRAY, QUOTE } from './lexer.ts'

/**
 * Where to go on after the event that began at `start` and could not be read: at the next line, or, if the event was
 * spread over several, after those that look like more of it, so that its inner lines are not taken for events.
 */
export function nextLine(bytes: Buffer, start: number): number {
  const end = lineEnd(bytes, start)
  if (!isOpen(bytes, start, end)) return end
  const indent = indentOf(bytes, start)
  let i = end + 1
  while (i < bytes.length && continues(bytes, i, indent)) i = lineEnd(bytes, i) + 1
  return Math.min(i, bytes.length)
}

/**
 * Where to go on in an array after an element that began at `start` and could not be read: at the comma or bracket
 * that ends it, or at a brace that begins a line and is not indented deeper than the element was.
 */
export function nextElement(bytes: Buffer, start: number): number {
  const indent = indentOf(bytes, start)
  const closes: number[] = []
  for (let i = start; i < bytes.length; i++) {
    const b = bytes[i]!
    if (b === QUOTE) i = stringEnd(bytes, i, bytes.length)
    else if (b === OPEN || b === OPEN_ARRAY) closes.push(b + 2)
    else if (b === CLOSE || b === CLOSE_ARRAY) {
      const opener = closes.lastIndexOf(b)
      if (opener >= 0) closes.length = opener
      else if (b === CLOSE_ARRAY) return i
    } else if (b === COMMA && closes.length === 0) return i
    if (bytes[i] === NEWLINE) {
      const first = firstOf(bytes, i + 1)
      if (bytes[first] === OPEN && first - i - 1 <= indent) return first
    }
  }
  return bytes.length
}

/** The newline that ends the line of i, or the end. */
export function lineEnd(bytes: Buffer, i: number): number {
  const end = bytes.indexOf(NEWLINE, i)
  return end < 0 ? bytes.length : end
}

/** Whether only white space stands before i on its line. */
export function startsLine(bytes: Buffer, i: number): boolean {
  do i--
  while (i >= 0 && bytes[i] !== NEWLINE && bytes[i]! <= 0x20)
  return i < 0 || bytes[i] === NEWLINE || (i === 2 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf)
}

/** Whether more brackets are opened than closed in bytes[i..end), outside of whole strings. */
function isOpen(bytes: Buffer, i: number, end: number): boolean {
  let depth = 0
  for (; i < end; i++) {
    const b = bytes[i]!
    if (b === QUOTE) {
      i = stringEnd(bytes, i, end)
      if (bytes[i] !== QUOTE) return false
    } else if (b === OPEN || b === OPEN_ARRAY) depth++
    else if (b === CLOSE || b === CLOSE_ARRAY) depth--
  }
  return depth > 0
}

/** Whether the line at i looks like more of something that began on a line of this indentation. */
function continues(bytes: Buffer, i: number, indent: number): boolean {
  const first = firstOf(bytes, i)
  const b = bytes[first]
  if (b === undefined || b === NEWLINE || first - i > indent) return true
  if (b === CLOSE || b === CLOSE_ARRAY || b === COMMA || b === COLON) return true
  return b === QUOTE && bytes[firstOf(bytes, stringEnd(bytes, first, bytes.length) + 1)] === COLON
}

/** The closing quote of the string at i, or the newline or end that breaks it off. */
function stringEnd(bytes: Buffer, i: number, end: number): number {
  for (i++; i < end; i++) {
    const b = bytes[i]!
    if (b === QUOTE || b === NEWLINE) return i
    if (b === BACKSLASH && bytes[i + 1] !== NEWLINE) i++
  }
  return end
}

/** The first byte from i on that is no white space, or the newline before it. */
function firstOf(bytes: Buffer, i: number): number {
  while (bytes[i] === 0x20 || bytes[i] === 0x09 || bytes[i] === 0x0d) i++
  return i
}

/** How many white spaces stand at the start of the line of i. Looks back only so far: lines may be very long. */
function indentOf(bytes: Buffer, i: number): number {
  const start = Math.max(0, i - 4096)
  const first = start + bytes.subarray(start, i).lastIndexOf(NEWLINE) + 1
  return firstOf(bytes, first) - first
}
