import { once } from 'node:events'
import { Command } from 'commander'
import { type Remote, request, tokenOption, urlOption } from '../remote.ts'

/** `telltale export 'type = exception' --from -1d > events.ndjson` */
export function exportCommand(): Command {
  return new Command('export')
    .description('print stored events as NDJSON, newest first')
    .argument('[query]', 'a filter; everything without one', '')
    .option('--from <moment>', 'now, -15m, ms since the epoch, or ISO 8601')
    .option('--to <moment>', 'exclusive')
    .option('--json', 'as it does anyway: one JSON object a line')
    .addOption(urlOption())
    .addOption(tokenOption())
    .action(async (query: string, options: Remote & { from?: string; to?: string }) => {
      let cursor: string | undefined
      do {
        const search = new URLSearchParams({ query, limit: '10000' })
        for (const [name, value] of Object.entries({ from: options.from, to: options.to, cursor }))
          if (value !== undefined) search.set(name, value)
        const response = await request(options, `/v1/events?${search}`)
        const page = (await response.json()) as { events: object[]; cursor?: string }
        const text = page.events.map(event => `${JSON.stringify(event)}\n`).join('')
        if (!process.stdout.write(text)) await once(process.stdout, 'drain')
        cursor = page.cursor
      } while (cursor !== undefined)
    })
}
