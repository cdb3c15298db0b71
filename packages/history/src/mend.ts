import { type FileHandle, open } from 'node:fs/promises'

/** What the engine's JSON type may refuse: integers of 20 digits, exponents of three, lone surrogates. */
const SUSPECT = /\d{19}|[eE]\+?\d{3}|\\u[dD][89a-fA-F]/
const INFO = ',"additional_info":'
const MARK = Buffer.from(INFO)
const NEWLINE = 10
const CHUNK = 1 << 20

/**
 * Copies lines of a segment, changing those the engine's JSON type refuses though they are good events: integers beyond
 * 64 bits become the same double with an exponent, lone surrogates the replacement character. The exact text goes
 * along as `raw`, which is what is given back.
 * @returns how many lines were changed
 */
export async function mend(from: string, to: string): Promise<number> {
  const source = await open(from, 'r')
  let target: FileHandle | undefined
  let changed = 0
  try {
    target = await open(to, 'w')
    let rest: Buffer = Buffer.alloc(0)
    for (;;) {
      const bytes = Buffer.allocUnsafe(CHUNK)
      const { bytesRead } = await source.read(bytes, 0, CHUNK)
      const all = Buffer.concat([rest, bytes.subarray(0, bytesRead)])
      const end = bytesRead === 0 ? all.length : all.lastIndexOf(NEWLINE) + 1
      const mended = mendLines(all.subarray(0, end))
      changed += mended.changed
      await target.writeFile(mended.bytes)
      if (bytesRead === 0) return changed
      rest = all.subarray(end)
    }
  } finally {
    await source.close()
    await target?.close()
  }
}

function mendLines(lines: Buffer): { bytes: Buffer; changed: number } {
  if (!SUSPECT.test(lines.toString('latin1'))) return { bytes: lines, changed: 0 }
  let changed = 0
  const parts: Buffer[] = []
  for (let at = 0; at < lines.length; ) {
    const newline = lines.indexOf(NEWLINE, at)
    const end = newline < 0 ? lines.length : newline + 1
    const line = lines.subarray(at, end)
    const mended = SUSPECT.test(line.toString('latin1')) ? mendLine(line) : line
    if (mended !== line) changed++
    parts.push(mended)
    at = end
  }
  return { bytes: Buffer.concat(parts), changed }
}

/** `…,"additional_info":{…}}` is how every journaled line ends. */
function mendLine(line: Buffer): Buffer {
  const at = line.indexOf(MARK)
  if (at < 0) return line // spoilt on disk
  const head = line.toString('utf8', 0, at)
  const info = line.toString('utf8', at + MARK.length).replace(/\}\s*$/, '')
  return Buffer.from(`${mendJson(head)}${INFO}${mendJson(info)},"raw":${JSON.stringify(info)}}\n`)
}

const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g
const LONE =
  /\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}/g

/** The same JSON, as the engine's JSON type takes it. */
export function mendJson(json: string): string {
  return json.replace(TOKEN, token => (token.startsWith('"') ? mendString(token) : mendNumber(token)))
}

function mendString(token: string): string {
  // Escaped backslashes are set apart first, so that `\\ud800` is not taken for an escape.
  return token
    .split('\\\\')
    .map(part => part.replace(LONE, '\\ufffd'))
    .join('\\\\')
}

const MOST = 2n ** 64n - 1n
const LEAST = -(2n ** 63n)

function mendNumber(token: string): string {
  const value = Number(token)
  if (!Number.isFinite(value)) return 'null'
  if (!/^-?\d{19,}$/.test(token)) return token
  const whole = BigInt(token)
  return whole > MOST || whole < LEAST ? value.toExponential() : token
}
