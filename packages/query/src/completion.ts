import { AGGREGATES, signature } from './aggregates.ts'
import { columnsOf } from './columns.ts'
import { type Slot, slotAfter } from './completion-place.ts'
import { lex, type Token } from './lexer.ts'
import { TOP_FIELDS } from './names.ts'
import { ARITHMETIC, COMPARISONS, CONDITIONS } from './operators.ts'
import { parse } from './parse.ts'
import { printName, printValue } from './print-expression.ts'

/** A field that queries may name, as far as it is known. */
export interface KnownField {
  readonly name: string
  readonly type?: 'string' | 'number' | 'boolean' | 'time'
  /** Values it often has, the most frequent first. */
  readonly values?: readonly (string | number | boolean)[]
}

export interface Completion {
  readonly label: string
  readonly kind: 'field' | 'value' | 'aggregate' | 'operator' | 'word' | 'duration' | 'column'
  readonly detail?: string
  /** What is written, where it is not the label. */
  readonly apply?: string
}

export interface Completions {
  /** Where the word being written starts; what is chosen replaces the text from there to the position. */
  readonly from: number
  /** The likeliest first. */
  readonly items: readonly Completion[]
}

/**
 * What may be written at a position of a query, driven by the tables of operators and aggregates. Never throws, whatever
 * the text.
 * @param position in UTF-16 units
 * @param fields fields beyond those every event has, the likeliest first; a top-level one adds its values
 */
export function complete(text: string, position: number, fields: readonly KnownField[] = []): Completions {
  const before = text.slice(0, position)
  const written = /(?:`[^`]*|[\p{L}\p{N}_$@][\p{L}\p{N}\p{M}_$@.:-]*)?$/u.exec(before.slice(-LONGEST))![0]
  const prefix = /^(?:tag|text):/.exec(written)?.[0] ?? ''
  const from = before.length - written.length + prefix.length
  const tokens = tokensOf(before.slice(0, from))
  if (tokens === undefined) return { from: position, items: [] }
  const items = itemsAt(slotAfter(tokens), { fields: known(fields), text: before, tokens })
  return { from, items: matching(items, written.slice(prefix.length).replace('`', '').toLowerCase()) }
}

/** A name longer than this is not completed: looking for its start takes the square of that. */
const LONGEST = 500

interface Place {
  readonly fields: readonly KnownField[]
  readonly text: string
  readonly tokens: readonly Token[]
}

/** Undefined in the middle of a text, a pattern, or something that is no query. */
function tokensOf(text: string): readonly Token[] | undefined {
  try {
    return lex(text).slice(0, -1)
  } catch {
    return undefined
  }
}

/** Those that begin with what is written, then those that hold it. */
function matching(items: readonly Completion[], written: string): Completion[] {
  if (written === '') return [...items]
  const at = (item: Completion): number => item.label.toLowerCase().indexOf(written)
  return [...items.filter(item => at(item) === 0), ...items.filter(item => at(item) > 0)]
}

const TOP: readonly KnownField[] = Object.entries(TOP_FIELDS).map(([name, type]) => ({
  name,
  type: type === 'strings' ? 'string' : type,
}))

function known(fields: readonly KnownField[]): readonly KnownField[] {
  const given = new Map(fields.map(field => [field.name, field]))
  return [...TOP.map(field => ({ ...field, ...given.get(field.name) })), ...fields.filter(({ name }) => !isTop(name))]
}

function isTop(name: string): boolean {
  return Object.hasOwn(TOP_FIELDS, name)
}

const STAGES: Readonly<Record<string, string>> = {
  set: 'name a calculated value',
  where: 'keep rows of the result',
  sort: 'order the rows',
  limit: 'at most so many rows',
}
const WORDS: Readonly<Record<string, string>> = {
  '|': 'then count, sort, limit …',
  by: 'a row for each …',
  over: 'a sliding window',
  every: 'how often the window moves',
  as: 'name the column',
  desc: 'greatest first',
  events: 'the latest so many of each group',
  in: 'days of a time zone',
}
const STEPS = ['10s', '1m', '5m', '15m', '1h', '1d', '1w']

function itemsAt(slot: Slot, place: Place): Completion[] {
  const { fields } = place
  switch (slot.kind) {
    case 'operand':
      if (slot.columns) return [...columns(place), ...conditionWords(['not', 'has'])]
      return [
        ...fieldItems(slot.numbers ? fields.filter(({ type }) => type === undefined || type === 'number') : fields),
        ...(slot.numbers ? [] : conditionWords()),
        ...(slot.start ? [word('last', 'a range up to now'), ...aggregates()] : []),
      ]
    case 'operator':
      return operators(fields.find(({ name }) => name === slot.field)?.type, slot.closes)
    case 'value':
      return (fields.find(({ name }) => name === slot.field)?.values ?? []).map(valueItem)
    case 'tag':
      return (fields.find(({ name }) => name === 'tags')?.values ?? []).map(valueItem)
    case 'field':
      return fieldItems(fields)
    case 'column':
      return columns(place)
    case 'key':
      return [...fieldItems(fields), ...durations()]
    case 'aggregate':
      return aggregates()
    case 'stage':
      return [...aggregates(), ...Object.entries(STAGES).map(([label, doc]) => word(label, doc))]
    case 'duration':
      return durations()
    case 'words':
      return [...slot.words, ...(slot.bar ? ['|'] : [])].map(label =>
        word(label, WORDS[label] ?? CONDITIONS[label]?.doc),
      )
    case 'nothing':
      return []
  }
}

function word(label: string, detail: string | undefined): Completion {
  return { label, kind: 'word', ...(detail === undefined ? {} : { detail }) }
}

function conditionWords(labels = ['not', 'has', 'tag:']): Completion[] {
  return labels.map(label => word(label, CONDITIONS[label]!.doc))
}

/** Those that make sense for the type; `and`, `or` and `|` too where the name may stand alone as a text. */
function operators(type: KnownField['type'], closes: boolean): Completion[] {
  const number = type === undefined || type === 'number' || type === 'time'
  const item = (label: string, detail: string): Completion => ({ label, kind: 'operator', detail })
  return [
    ...Object.entries(COMPARISONS).flatMap(([label, { doc, ordered }]) =>
      ordered && type === 'boolean' ? [] : [item(label, doc)],
    ),
    ...['in', '~', '!~'].flatMap(label =>
      label !== 'in' && type !== undefined && type !== 'string' ? [] : [item(label, CONDITIONS[label]!.doc)],
    ),
    ...(number ? Object.entries(ARITHMETIC).map(([label, { doc }]) => item(label, doc)) : []),
    ...(closes ? ['and', 'or', '|'].map(label => word(label, WORDS[label] ?? CONDITIONS[label]?.doc)) : []),
  ]
}

function fieldItems(fields: readonly KnownField[]): Completion[] {
  return fields.map(({ name, type }) => {
    const apply = printName(name)
    return {
      label: name,
      kind: 'field',
      ...(type === undefined ? {} : { detail: type }),
      ...(apply === name ? {} : { apply }),
    }
  })
}

function valueItem(value: string | number | boolean): Completion {
  const label = String(value)
  const apply = printValue({ kind: 'literal', value, text: label })
  return { label, kind: 'value', ...(apply === label ? {} : { apply }) }
}

function durations(): Completion[] {
  return STEPS.map(label => ({ label, kind: 'duration' }))
}

function aggregates(): Completion[] {
  return [...AGGREGATES.values()].map(entry => ({
    label: signature(entry),
    kind: 'aggregate',
    detail: entry.doc,
    apply: entry.params.length > 0 && !entry.params[0]!.optional ? `${entry.name}(` : `${entry.name}()`,
  }))
}

/** The columns of the result so far; for a query without aggregates the fields. */
function columns({ tokens, text, fields }: Place): Completion[] {
  const bar = tokens.findLast(({ kind, text }) => kind === 'symbol' && text === '|')
  const { query } = parse(text.slice(0, bar?.position ?? 0))
  if (query === undefined) return []
  if (query.aggregates.length === 0)
    return [...query.set.map(({ name }): Completion => ({ label: name, kind: 'column' })), ...fieldItems(fields)]
  return columnsOf(query).map(({ name, source }) => {
    const apply = source === 'aggregate' && name.endsWith(')') ? name : printName(name)
    return { label: name, kind: 'column', ...(apply === name ? {} : { apply }) }
  })
}
