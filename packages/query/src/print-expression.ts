import { ARITHMETIC, BINDING, RESERVED } from './operators.ts'
import type { AggregateCall, Expression, Field, Literal } from './tree.ts'

type Mode = 'filter' | 'fields' | 'columns'

/** The text of an expression, with no more parentheses than needed. */
export function printExpression(node: Expression, mode: Mode): string {
  // Inside a comparison a bare word is no text any more.
  const inner = mode === 'filter' ? 'fields' : mode
  switch (node.kind) {
    case 'literal':
      return printLiteral(node)
    case 'field':
      return printField(node, mode)
    case 'compare':
      return `${operand(node.left, BINDING.sum, inner)} ${node.op} ${right(node.right, inner)}`
    case 'in':
      return `${operand(node.left, BINDING.sum, inner)} in (${node.values.map(printValue).join(', ')})`
    case 'glob':
      return `${operand(node.left, BINDING.sum, inner)} ~ ${JSON.stringify(node.pattern)}`
    case 'regex':
      return `${operand(node.left, BINDING.sum, inner)} ~ ${printRegex(node.pattern)}`
    case 'text':
      if (mode !== 'filter') return `text:${JSON.stringify(node.text)}`
      return isPlain(node.text) ? node.text : JSON.stringify(node.text)
    case 'has':
      return `has ${printName(node.field.name)}`
    case 'tag':
      return `tag:${isPlain(node.tag) ? node.tag : JSON.stringify(node.tag)}`
    case 'and':
    case 'or':
      return node.items.map(item => operand(item, BINDING[node.kind] + 1, mode)).join(` ${node.kind} `)
    case 'not':
      return `not ${operand(node.item, BINDING.not, mode)}`
    case 'arithmetic': {
      const { binding } = ARITHMETIC[node.op]
      return `${operand(node.left, binding, inner)} ${node.op} ${operand(node.right, binding + 1, inner)}`
    }
  }
}

/** A call as it is written, without its `as` name. */
export function printCall(call: Pick<AggregateCall, 'fn' | 'args'>): string {
  const args = call.args.map(arg => (isDuration(arg) ? arg.text : printExpression(arg, 'fields')))
  return `${call.fn}(${args.join(', ')})`
}

/** A name of a field or column; in backticks where it could be taken for something else. */
export function printName(name: string): string {
  return isPlain(name) ? name : `\`${name.replaceAll('`', '``')}\``
}

function printField({ name }: Field, mode: Mode): string {
  return mode === 'columns' ? printColumn(name) : printName(name)
}

/** A column may be written as the call that made it. */
export function printColumn(name: string): string {
  return /^[a-z]\w*\([^`]*\)$/.test(name) ? name : printName(name)
}

/** On the right of a comparison a bare word is a string, so a field goes in backticks. */
function right(node: Expression, mode: Mode): string {
  if (node.kind === 'literal') return printValue(node)
  if (node.kind === 'field') {
    const written = printField(node, mode)
    return written === node.name && isPlain(written) ? `\`${written}\`` : written
  }
  return operand(node, BINDING.sum, mode)
}

/** A value on the right of an operator, where a bare word is a string. */
export function printValue(node: Literal): string {
  return typeof node.value === 'string' && isPlain(node.value) ? node.value : printLiteral(node)
}

function printLiteral({ value, text }: Literal): string {
  if (typeof value === 'string') return JSON.stringify(value)
  return typeof value === 'number' && Number(text) === value ? text : String(value)
}

function printRegex(pattern: string): string {
  return `/${pattern.replace(/\\[\s\S]|\//g, found => (found === '/' ? '\\/' : found))}/`
}

function operand(node: Expression, binding: number, mode: Mode): string {
  const text = printExpression(node, mode)
  return bindingOf(node) < binding ? `(${text})` : text
}

function bindingOf(node: Expression): number {
  switch (node.kind) {
    case 'and':
    case 'or':
    case 'not':
    case 'compare':
      return BINDING[node.kind]
    case 'in':
    case 'glob':
    case 'regex':
      return BINDING.compare
    case 'arithmetic':
      return ARITHMETIC[node.op].binding
    default:
      return BINDING.operand
  }
}

function isDuration(arg: Expression): arg is Literal {
  return arg.kind === 'literal' && typeof arg.value === 'number' && /[a-z]$/.test(arg.text)
}

/** Whether a text is read as one bare word. */
function isPlain(text: string): boolean {
  return /^[\p{L}_][\p{L}\p{N}_]*(?:[.-][\p{L}\p{N}_]+)*$/u.test(text) && !RESERVED.has(text)
}
