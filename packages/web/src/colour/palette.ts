/** One colour, in the two ways it is shown: on the dark film of the tape, and on light paper. */
export interface Swatch {
  readonly name: string
  readonly film: string
  readonly paper: string
}

/**
 * Ordered so that neighbours differ in lightness as well as hue: the meaning-bearing ones (red, yellow, blue, violet,
 * orange, teal) stay apart for people with colour-vision deficiency; palette.test.ts holds them to it.
 */
export const SWATCHES: readonly Swatch[] = [
  { name: 'red', film: '#ff4f43', paper: '#c22a1e' },
  { name: 'yellow', film: '#ffdf2e', paper: '#8a6a00' },
  { name: 'blue', film: '#3f86ff', paper: '#1f5fd0' },
  { name: 'violet', film: '#cfa6ff', paper: '#7436cf' },
  { name: 'orange', film: '#ff9a2e', paper: '#b35600' },
  { name: 'teal', film: '#3fd6c4', paper: '#00756c' },
  { name: 'green', film: '#4fb85c', paper: '#2b7a36' },
  { name: 'magenta', film: '#f25fc4', paper: '#b0288d' },
  { name: 'sky', film: '#96d3ff', paper: '#2b7bab' },
  { name: 'brown', film: '#b98d5e', paper: '#7d5a32' },
  { name: 'lime', film: '#b9e04a', paper: '#587a00' },
  { name: 'rose', film: '#ffa3b5', paper: '#b34a68' },
  { name: 'indigo', film: '#8a6cf5', paper: '#4b48c9' },
  { name: 'sand', film: '#e8d6a6', paper: '#75694a' },
  { name: 'slate', film: '#8299a3', paper: '#56686f' },
  { name: 'steel', film: '#5d7480', paper: '#6b7f88' },
]

/** What everything beyond the bounds is drawn in. */
export const OTHERS: Swatch = { name: 'others', film: '#6d7f7c', paper: '#6d7f7c' }

/** What always comes and seldom matters: it shares its quiet colours and takes none from the others. */
const BACKGROUND = /^telltale_|^host_/

/** First match wins; the name's hash chooses of the list. So a person knows a red mark before reading its label. */
const MEANINGS: readonly (readonly [RegExp, readonly string[]])[] = [
  [BACKGROUND, ['slate', 'steel']],
  [/alert|incident|pattern/, ['magenta', 'rose']],
  [/404|not_?found|warn/, ['yellow', 'sand']],
  [/time_?out|slow|retry|reject|pool|throttl/, ['orange', 'brown', 'rose']],
  [/exception|error|fatal|crash|fail|panic|oom|backtrace/, ['red', 'rose', 'orange', 'magenta']],
  [/^gc|garbage/, ['violet', 'indigo']],
  [/landing/, ['teal', 'sky']],
  [/page|request|http|access|visit|view/, ['blue', 'sky', 'teal']],
  [/login|sign_?up|order|payment|checkout|sale|search/, ['green', 'lime', 'teal']],
  [/deploy|release|start|stop|restart/, ['sand', 'lime']],
  [/query|sql|db|cache|redis/, ['indigo', 'brown', 'sky']],
  [/job|task|cron|queue|mail/, ['lime', 'green', 'teal']],
  [/log|syslog|audit/, ['brown', 'slate']],
  [/unknown/, ['steel', 'slate']],
]
/** Handed out to types that say nothing we know; red and yellow are kept for what means red and yellow. */
const FREE: readonly string[] = [
  'green',
  'sky',
  'lime',
  'magenta',
  'brown',
  'teal',
  'indigo',
  'rose',
  'sand',
  'blue',
  'violet',
]

/** Types with a colour of their own: a sender may make up any number. */
const MOST = 2000

const byName = new Map(SWATCHES.map(swatch => [swatch.name, swatch]))

/**
 * Gives each type a colour once and for good: by its name's hash, of those of its meaning. So it has the same one in every
 * browser, but where another type on the same tape has it already.
 */
export class Palette {
  readonly #given = new Map<string, Swatch>()
  /** How many of the types on the tape have each colour. */
  #uses = new Map<string, number>()

  /** @param remembered type → swatch name of an earlier visit */
  constructor(remembered: Readonly<Record<string, string>> = {}) {
    for (const [type, name] of Object.entries(remembered)) {
      const swatch = byName.get(name)
      if (swatch) this.#given.set(type, swatch)
    }
  }

  of(type: string): Swatch {
    const given = this.#given.get(type)
    if (given) return given
    return this.#given.size < MOST ? this.#give(type, this.#choose(type)) : OTHERS
  }

  /** Says which types are on the tape: their colours are taken, no others. */
  meet(types: Iterable<string>): void {
    const met = [...new Set(types)]
    this.#uses = new Map()
    for (const type of met) {
      const given = this.#given.get(type)
      if (given) this.#use(type, given)
    }
    this.all(met)
  }

  /** Gives colours to types that are shown together, the same in whatever order they are. */
  all(types: Iterable<string>): void {
    for (const type of [...types].sort()) this.of(type)
  }

  /** What {@link Palette} can be made from again; at most `limit` entries. */
  remember(limit = 200): Record<string, string> {
    return Object.fromEntries([...this.#given].slice(-limit).map(([type, swatch]) => [type, swatch.name]))
  }

  #choose(type: string): Swatch {
    const meaning = MEANINGS.find(([pattern]) => pattern.test(type.toLowerCase()))?.[1]
    const spare = BACKGROUND.test(type) ? [] : FREE
    const wanted = [...turned(meaning ?? [], hash(type)), ...turned(spare, hash(type))]
    const uses = (name: string) => this.#uses.get(name) ?? 0
    return byName.get(wanted.reduce((best, name) => (uses(name) < uses(best) ? name : best)))!
  }

  #give(type: string, swatch: Swatch): Swatch {
    this.#given.set(type, swatch)
    this.#use(type, swatch)
    return swatch
  }

  #use(type: string, { name }: Swatch): void {
    if (!BACKGROUND.test(type)) this.#uses.set(name, (this.#uses.get(name) ?? 0) + 1)
  }
}

/** The same list, begun elsewhere. */
function turned(list: readonly string[], by: number): string[] {
  const start = by % Math.max(1, list.length)
  return [...list.slice(start), ...list.slice(0, start)]
}

/** FNV-1a from a seed with which the usual names (exception, 404, page_load, gc …) have the first colour of their meaning, and most of the demo's one of their own. */
function hash(text: string): number {
  let h = 625955
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
  return (h ^ (h >>> 15)) >>> 0
}
