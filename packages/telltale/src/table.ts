import { styleText } from 'node:util'

interface Answer {
  columns: { name: string; type: string }[]
  rows: unknown[][]
}

/** An answer as lines for a terminal: numbers right, texts left, times as ISO. */
export function table({ columns, rows }: Answer): string {
  if (columns.length === 1 && columns[0]!.type === 'event')
    return rows.map(([event]) => `${eventLine(event as Record<string, unknown>)}\n`).join('')
  const texts = rows.map(row => row.map((value, i) => cell(value, columns[i]!.type)))
  const widths = columns.map((column, i) => Math.max(column.name.length, ...texts.map(row => row[i]!.length)))
  const line = (row: readonly string[], style?: 'bold'): string => {
    const padded = row.map((text, i) =>
      columns[i]!.type === 'number' ? text.padStart(widths[i]!) : text.padEnd(widths[i]!),
    )
    const joined = padded.join('  ').trimEnd()
    return `${style === undefined ? joined : paint(style, joined)}\n`
  }
  return (
    line(
      columns.map(column => column.name),
      'bold',
    ) + texts.map(row => line(row)).join('')
  )
}

function cell(value: unknown, type: string): string {
  if (value === null || value === undefined) return '–'
  if (type === 'time' && typeof value === 'number') return new Date(value).toISOString()
  if (typeof value === 'number' && !Number.isInteger(value)) return String(Number(value.toPrecision(6)))
  return typeof value === 'object' ? JSON.stringify(value) : oneLine(String(value))
}

/** An event as one line for a person. */
export function eventLine(event: Record<string, unknown>): string {
  const time = new Date(event['time'] as number).toISOString().replace('T', ' ').replace('Z', '')
  const { message, ...rest } = (event['additional_info'] ?? {}) as Record<string, unknown>
  const pairs = Object.entries(rest).map(([key, value]) => `${paint('dim', `${key}=`)}${brief(value)}`)
  const said = message === undefined ? [] : [oneLine(String(message))]
  return [paint('dim', time), event['hostname'], paint('bold', String(event['type'])), ...said, ...pairs].join(' ')
}

function brief(value: unknown): string {
  const text = typeof value === 'string' ? oneLine(value) : JSON.stringify(value)
  return text.length > 80 ? `${text.slice(0, 79)}…` : text
}

/** What a sender wrote must not steer a terminal. */
function oneLine(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, ' ')
}

function paint(style: 'bold' | 'dim', text: string): string {
  return process.stdout.isTTY && process.env['NO_COLOR'] === undefined ? styleText(style, text) : text
}
