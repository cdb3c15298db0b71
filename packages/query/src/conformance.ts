/**
 * @telltale/query/conformance: reads the scripts of the conformance folder and runs their cases against any evaluator.
 * It reads no files and knows no test runner. The format is described in conformance/README.md.
 * @module
 */
import type { Event, JsonObject } from '@telltale/event'
import { TOP_FIELDS } from './names.ts'
import { parse } from './parse.ts'
import type { Result, Scope } from './partial.ts'
import { rangeOf } from './range.ts'
import type { Query } from './tree.ts'

export { type RandomCase, randomCase } from './random.ts'

/** A query over some events, and the rows it must give. */
export interface Case {
  readonly name: string
  /** Line of the script, from 1. */
  readonly line: number
  /** In order of seq, which rises by one from 1; all of collector `c1`. */
  readonly events: readonly Event[]
  readonly text: string
  readonly query: Query
  readonly scope: Scope
  /** Names of the result's columns, where the script says them. */
  readonly columns?: readonly string[]
  /** An event is written as its seq. */
  readonly rows: readonly (readonly unknown[])[]
  /** Evaluators that need not pass, and why. */
  readonly skip: ReadonlyMap<string, string>
}

/** A text that is no query, and what must be said about it. */
export interface ErrorCase {
  readonly name: string
  readonly line: number
  readonly text: string
  readonly position: number
  /** Must be in the message or the hint. */
  readonly says: string
}

export interface Script {
  readonly cases: readonly Case[]
  readonly errors: readonly ErrorCase[]
  /** What is wrong with the script itself, with its line. */
  readonly problems: readonly string[]
}

/** How an evaluator is run: over exactly these events. */
export type Evaluator = (events: readonly Event[], query: Query, scope: Scope) => Result | Promise<Result>

const EVERYTHING: Scope = { from: 0, to: 9e12 }

/** Reads a script. Never throws. */
export function readScript(text: string): Script {
  const cases: Case[] = []
  const errors: ErrorCase[] = []
  const problems: string[] = []
  let events: Event[] = []
  for (const { line, lines } of blocks(text)) {
    try {
      const [head = '', ...body] = lines
      const [, verb, rest] = /^(\S+)\s*(.*)$/.exec(head) ?? []
      if (verb === 'events') events = body.map((row, i) => eventOf(JSON.parse(row) as JsonObject, i + 1))
      else if (verb === 'query') cases.push(caseOf(rest!, line, body, events))
      else if (verb === 'error') errors.push(errorOf(rest!, line, body))
      else throw new Error(`found ${JSON.stringify(head)}, expected events, query or error`)
    } catch (error) {
      problems.push(`line ${line}: ${(error as Error).message}`)
    }
  }
  return { cases, errors, problems }
}

/** Runs of lines between blank ones, comments left out. */
function* blocks(text: string): Generator<{ line: number; lines: string[] }> {
  let lines: string[] = []
  let start = 0
  for (const [i, line] of [...text.split('\n'), ''].entries()) {
    if (line.startsWith('#')) continue
    if (line.trim() === '') {
      if (lines.length > 0) yield { line: start, lines }
      lines = []
      continue
    }
    if (lines.length === 0) start = i + 1
    lines.push(line)
  }
}

function eventOf(written: JsonObject, seq: number): Event {
  const time = (written['time'] as number | undefined) ?? seq * 1000
  const { type = 'unknown', hostname = 'h1', received_at = time, tags = [], md5 = '', additional_info } = written
  const rest = Object.entries(written).filter(([key]) => !Object.hasOwn(TOP_FIELDS, key))
  const info = additional_info ?? Object.fromEntries(rest)
  return { type, hostname, time, received_at, tags, md5, additional_info: info, seq, collector: 'c1' } as Event
}

function caseOf(head: string, line: number, body: readonly string[], events: readonly Event[]): Case {
  const cut = body.indexOf('----')
  if (cut < 0) throw new Error('the case has no line ----')
  const options = new Map<string, string>()
  const name = head.replace(/\s*\b(from|to|now|skip)=("[^"]*"|\S+)/g, (_, key: string, value: string) => {
    options.set(key, value)
    return ''
  })
  const text = body.slice(0, cut).join('\n')
  const { query, error } = parse(text)
  if (error !== undefined) throw new Error(`${error.message} at ${error.position} of ${text}`)
  const after = body.slice(cut + 1)
  const columns = after[0]?.startsWith('columns ') ? (JSON.parse(after.shift()!.slice(8)) as string[]) : undefined
  const number = (key: string): number | undefined => (options.has(key) ? Number(options.get(key)) : undefined)
  const outer = { from: number('from') ?? EVERYTHING.from, to: number('to') ?? EVERYTHING.to }
  const [who, why] = options.get('skip')?.replaceAll('"', '').split(':') ?? []
  return {
    name,
    line,
    events,
    text,
    query,
    scope: rangeOf(query, outer, number('now') ?? EVERYTHING.to),
    ...(columns === undefined ? {} : { columns }),
    rows: after.map(row => JSON.parse(row) as unknown[]),
    skip: new Map(who === undefined ? [] : [[who, why ?? 'no reason given']]),
  }
}

function errorOf(name: string, line: number, body: readonly string[]): ErrorCase {
  const cut = body.indexOf('----')
  const found = /^(\d+)\s+(.*)$/.exec(body[cut + 1] ?? '')
  if (cut < 0 || found === null) throw new Error('an error needs ---- and a line with position and message')
  return { name, line, text: body.slice(0, cut).join('\n'), position: Number(found[1]), says: found[2]! }
}

/** How an answer is not what a case expects. */
export interface Difference {
  /** What differs, in a few words. */
  readonly what: string
  readonly expected: unknown
  readonly found: unknown
}

/** Runs a case. @returns what is wrong with the answer, for a person; undefined where it is right */
export async function runCase(evaluator: Evaluator, one: Case): Promise<string | undefined> {
  return said(one.text, differenceIn(await evaluator(one.events, one.query, one.scope), one))
}

/** How the answer to a case is wrong; undefined where it is right. An event is given as its seq where it came back whole. */
export function differenceIn(result: Result, { events, columns, rows }: Case): Difference | undefined {
  const names = result.columns.map(column => column.name)
  if (columns !== undefined && !same(names, columns))
    return { what: 'the columns differ', expected: columns, found: names }
  const found = result.rows.map(row =>
    row.map((cell, i) => (result.columns[i]!.type === 'event' ? seqOf(cell, events) : cell)),
  )
  const difference = (what: string): Difference => ({ what, expected: rows, found })
  if (found.length !== rows.length) return difference(`${found.length} rows, expected ${rows.length}`)
  for (const [i, row] of rows.entries()) {
    if (found[i]!.length !== row.length)
      return difference(`row ${i} has ${found[i]!.length} cells, expected ${row.length}`)
    const cell = row.findIndex((expected, j) => !same(found[i]![j], expected))
    if (cell >= 0) return difference(`row ${i}, column ${names[cell]} differs`)
  }
  return undefined
}

function seqOf(cell: unknown, events: readonly Event[]): unknown {
  const { seq } = cell as Event
  return same(cell, events[(seq ?? 0) - 1]) ? seq : cell
}

/** Runs an error case. @returns what is wrong, for a person; undefined where it is right */
export function runErrorCase(one: ErrorCase): string | undefined {
  return said(one.text, errorDifference(one))
}

/** How an error is not what a case expects; undefined where it is. */
export function errorDifference({ text, position, says }: ErrorCase): Difference | undefined {
  const { error } = parse(text)
  const expected = `${position} ${says}`
  if (error === undefined) return { what: 'it is a query', expected, found: null }
  const found = `${error.position} ${error.message}; ${error.hint ?? ''}`
  if (error.position !== position) return { what: 'the position differs', expected, found }
  return `${error.message}; ${error.hint ?? ''}`.includes(says)
    ? undefined
    : { what: 'the message differs', expected, found }
}

function said(text: string, difference: Difference | undefined): string | undefined {
  if (difference === undefined) return undefined
  const { what, expected, found } = difference
  return `${text}\n${what}\nexpected ${JSON.stringify(expected)}\nfound    ${JSON.stringify(found)}`
}

/** Equal JSON; numbers to within 1e-9 of their size, the order of keys no matter. */
export function same(a: unknown, b: unknown): boolean {
  if (typeof a === 'number' && typeof b === 'number')
    return a === b || Math.abs(a - b) <= 1e-9 * Math.max(Math.abs(a), Math.abs(b))
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b
  if (Array.isArray(a) !== Array.isArray(b)) return false
  const keys = Object.keys(a)
  if (keys.length !== Object.keys(b).length) return false
  return keys.every(key => Object.hasOwn(b, key) && same(a[key as never], b[key as never]))
}
