import { Command } from 'commander'
import { type Remote, request, tokenOption, urlOption } from '../remote.ts'
import { eventLine } from '../table.ts'

/** `telltale tail 'type = exception'`: matching events as they happen. */
export function tailCommand(): Command {
  return new Command('tail')
    .description('print events as they happen')
    .argument('[query]', "a filter, such as 'type = exception'", '')
    .option('--from <moment>', 'begin with what is already there since, such as -5m')
    .option('--json', 'one JSON object a line')
    .addOption(urlOption())
    .addOption(tokenOption())
    .action(async (query: string, options: Remote & { from?: string; json?: boolean }) => {
      const search = new URLSearchParams({ query, ...(options.from === undefined ? {} : { from: options.from }) })
      const response = await request(options, `/v1/live?${search}`, { headers: { accept: 'text/event-stream' } })
      for await (const message of messages(response)) print(message, options.json === true)
      throw new Error('the connection was closed')
    })
}

interface Message {
  events?: Record<string, unknown>[]
  columns?: { name: string }[]
  rows?: unknown[][]
  dropped?: number
  reset?: boolean
  coverage?: string
  error?: { message: string; hint?: string }
}

function print(message: Message, json: boolean): void {
  if (message.error) throw new Error(`${message.error.message}${message.error.hint ? ` (${message.error.hint})` : ''}`)
  if (message.dropped) console.error(`telltale: ${message.dropped} events were not shown: too many to follow`)
  if (message.reset) console.error('telltale: events were not shown: it fell behind')
  if (message.coverage && message.events) console.error(`telltale: there may be more: ${message.coverage}`)
  for (const event of message.events ?? []) console.log(json ? JSON.stringify(event) : eventLine(event))
  for (const row of message.rows ?? [])
    console.log(JSON.stringify(Object.fromEntries(message.columns!.map(({ name }, i) => [name, row[i]]))))
}

async function* messages(response: Response): AsyncGenerator<Message> {
  let text = ''
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk
    const parts = text.split('\n\n')
    text = parts.pop()!
    for (const part of parts) if (part.startsWith('data: ')) yield JSON.parse(part.slice(6)) as Message
  }
}
