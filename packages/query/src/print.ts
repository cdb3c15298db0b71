import { printDuration } from './duration.ts'
import { printMoment } from './moment.ts'
import { paneOf } from './pane.ts'
import { printCall, printColumn, printExpression, printName } from './print-expression.ts'
import type { Query, Range, Window } from './tree.ts'

/** The text of a query; reading it gives the same tree. */
export function print(query: Query): string {
  const { range, filter, set, aggregates, where, sort, limit } = query
  const stages: string[] = []
  if (range !== undefined) stages.push(printRange(range))
  if (filter !== undefined) stages.push(printExpression(filter, 'filter'))
  if (set.length > 0) {
    stages.push(
      `set ${set.map(({ name, value }) => `${printName(name)} = ${printExpression(value, 'fields')}`).join(', ')}`,
    )
  }
  if (aggregates.length > 0) stages.push(printAggregates(query))
  if (where !== undefined) stages.push(`where ${printExpression(where, aggregates.length > 0 ? 'columns' : 'fields')}`)
  if (sort.length > 0) {
    stages.push(
      `sort ${sort.map(({ column, descending }) => printColumn(column) + (descending ? ' desc' : '')).join(', ')}`,
    )
  }
  if (limit !== undefined) stages.push(`limit ${limit}`)
  return stages.length === 0 ? '*' : stages.join(' | ')
}

function printRange(range: Range): string {
  if (range.kind === 'last') return `last ${printDuration(range.ms)}`
  return `between ${printMoment(range.from)} and ${printMoment(range.to)}`
}

function printAggregates({ aggregates, by, window }: Query): string {
  const calls = aggregates.map(call => {
    const text = printCall(call)
    return text === call.name ? text : `${text} as ${printName(call.name)}`
  })
  const keys = by.map(({ name }) => printName(name))
  if (window?.kind === 'tumbling') keys.splice(window.at ?? keys.length, 0, printWindow(window))
  const grouped = keys.length > 0 ? ` by ${keys.join(', ')}` : ''
  const over = window !== undefined && window.kind !== 'tumbling' ? ` ${printWindow(window)}` : ''
  return calls.join(', ') + grouped + over
}

function printWindow(window: Window): string {
  switch (window.kind) {
    case 'tumbling':
      return printDuration(window.ms) + (window.zone === 'UTC' ? '' : ` in ${JSON.stringify(window.zone)}`)
    case 'sliding':
      return `over ${printDuration(window.ms)}${window.every === paneOf(window.ms) ? '' : ` every ${printDuration(window.every)}`}`
    case 'count':
      return `over ${window.events} events`
  }
}
