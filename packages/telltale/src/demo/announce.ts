import type { Turn } from './schedule.ts'

/** What is said of an incident that has begun in the past. */
export function beganThen({ incident }: Turn, time: number): string {
  return `▶ ${clockFace(time)} ${incident.name}: ${incident.title}`
}

/** What is said when an incident begins now. */
export function began(turn: Turn, time: number): string {
  const { incident } = turn
  const looks = incident.queries.map(query => `      ${query}`).join('\n')
  return `${beganThen(turn, time)}\n${wrap(incident.story)}\n    look at\n${looks}`
}

export function ended({ incident }: Turn, time: number): string {
  return `■ ${clockFace(time)} ${incident.name} is over`
}

/** 14:03:20Z */
function clockFace(time: number): string {
  return `${new Date(time).toISOString().slice(11, 19)}Z`
}

/** Lines of at most 100 columns, indented. */
export function wrap(text: string): string {
  const lines: string[] = ['']
  for (const word of text.split(' ')) {
    if (lines.at(-1)!.length + word.length > 95) lines.push('')
    lines[lines.length - 1] += lines.at(-1) === '' ? word : ` ${word}`
  }
  return lines.map(line => `    ${line}`).join('\n')
}
