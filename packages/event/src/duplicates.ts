import { conflict, type Refusal } from './law.ts'

/**
 * An object's text with every key once: the last of a key wins, as in JSON.parse, and numbers stay as written. Keys at
 * top level that stand in additional_info too are left to it where both say the same.
 * @param text compact, valid JSON of an object, nested no deeper than the bounds allow
 */
export function withoutDuplicates(text: string, known: (key: string) => boolean): { text: string } | Refusal {
  const members = new Reader(text).object()
  const said = members.get('additional_info')
  if (said?.startsWith('{') || said?.startsWith('"')) {
    const info = said.startsWith('{') ? new Reader(said).object() : new Map([['message', said]])
    for (const [key, value] of members) {
      const other = known(key) ? undefined : info.get(key)
      if (other === undefined) continue
      if (meaning(other) !== meaning(value)) return conflict(key)
      members.delete(key)
    }
  }
  return { text: written(members) }
}

/** Equal for equal values. A number beyond a double equals only its own text, not the null JSON.stringify makes of it. */
function meaning(text: string): string {
  let beyond = false
  const written = JSON.stringify(JSON.parse(text), (_, value: unknown) => {
    if (value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY) beyond = true
    return value
  })
  return beyond ? `beyond ${text}` : written
}

function written(members: Map<string, string>): string {
  return `{${[...members].map(([key, value]) => `${JSON.stringify(key)}:${value}`).join(',')}}`
}

/** Reads compact, valid JSON text, giving back values as text. */
class Reader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  object(): Map<string, string> {
    const members = new Map<string, string>()
    this.#at++
    while (this.#text[this.#at] !== '}') {
      if (this.#text[this.#at] === ',') this.#at++
      const key = JSON.parse(this.#string()) as string
      this.#at++
      members.set(key, this.#value())
    }
    this.#at++
    return members
  }

  #value(): string {
    const first = this.#text[this.#at]
    if (first === '"') return this.#string()
    if (first === '{') return written(this.object())
    if (first === '[') return this.#array()
    const start = this.#at
    while (!',]}'.includes(this.#text[this.#at]!)) this.#at++
    return this.#text.slice(start, this.#at)
  }

  #array(): string {
    const items: string[] = []
    this.#at++
    while (this.#text[this.#at] !== ']') {
      if (this.#text[this.#at] === ',') this.#at++
      items.push(this.#value())
    }
    this.#at++
    return `[${items.join(',')}]`
  }

  #string(): string {
    const start = this.#at++
    while (this.#text[this.#at] !== '"') this.#at += this.#text[this.#at] === '\\' ? 2 : 1
    this.#at++
    return this.#text.slice(start, this.#at)
  }
}
