import type { Aggregate, Param } from './aggregate.ts'
import { AGGREGATES, signature } from './aggregates.ts'
import { printDuration, readDuration } from './duration.ts'
import { nearest } from './nearest.ts'
import type { OperandParser } from './parse-operand.ts'
import { printCall } from './print-expression.ts'
import { quoted, Refusal } from './query-error.ts'
import type { AggregateCall, Expression } from './tree.ts'

/** Reads `p99(execution_time)`. Its name is the call as printed. */
export function parseCall(parser: OperandParser): AggregateCall {
  const { cursor } = parser
  const { text: fn, position } = cursor.advance()
  const entry = AGGREGATES.get(fn)
  if (entry === undefined) throw unknown(fn, position)
  cursor.need('(')
  const args: Expression[] = []
  if (fn === 'count' && cursor.isSymbol('*')) throw cursor.expected('")"', 'write count()')
  while (!cursor.isSymbol(')')) {
    const param = entry.params[args.length]
    if (param === undefined) {
      throw cursor.expected(
        args.length === 0 ? '")"' : `at most ${args.length} argument${args.length === 1 ? '' : 's'}`,
        `write ${signature(entry)}`,
      )
    }
    args.push(argument(parser, entry, param))
    if (!cursor.take(',') && !cursor.isSymbol(')')) throw cursor.expected('"," or ")"')
  }
  const missing = entry.params[args.length]
  if (missing !== undefined && !missing.optional && missing.byDefault === undefined) {
    throw cursor.expected(`the argument ${missing.name} of ${fn}`, `write ${signature(entry)}`)
  }
  cursor.need(')')
  const call: AggregateCall = { kind: 'aggregate', fn, args, name: '' }
  parser.positions.set(call, position)
  return named(call, position, parser)
}

function named(call: AggregateCall, position: number, parser: OperandParser): AggregateCall {
  const done = { ...call, name: printCall(call) }
  parser.positions.set(done, position)
  return done
}

function argument(parser: OperandParser, entry: Aggregate, { name, kind }: Param): Expression {
  const { cursor } = parser
  const { token } = cursor
  if (kind === 'condition') return parser.condition('fields')
  if (kind === 'number' || kind === 'value') return parser.value('fields')
  const minus = kind === 'constant' && cursor.take('-')
  if (kind === 'constant' && cursor.token.kind === 'number') {
    const text = `${minus ? '-' : ''}${cursor.advance().text}`
    return { kind: 'literal', value: Number(text), text }
  }
  const ms = kind === 'duration' && token.kind === 'word' ? readDuration(token.text) : undefined
  if (ms === undefined)
    throw cursor.expected(
      `${name}, a ${kind === 'duration' ? 'duration such as 1m' : 'number'}`,
      `write ${signature(entry)}`,
    )
  cursor.advance()
  return { kind: 'literal', value: ms, text: printDuration(ms) }
}

function unknown(fn: string, position: number): Refusal {
  const near = nearest(fn, AGGREGATES.keys())
  const percentile = /^p(\d{1,4})$/.exec(fn)
  const hint = percentile
    ? `write quantile(x, 0.${percentile[1]})`
    : near !== undefined
      ? `did you mean ${signature(AGGREGATES.get(near)!)}?`
      : `known are ${[...AGGREGATES.keys()].join(', ')}`
  return new Refusal(`found ${quoted(fn)}, which is no known aggregate`, position, hint)
}
