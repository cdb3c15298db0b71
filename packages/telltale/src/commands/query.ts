import { Command, InvalidArgumentError } from 'commander'
import { type Remote, request, tokenOption, urlOption } from '../remote.ts'
import { table } from '../table.ts'

interface Options extends Remote {
  from?: string
  to?: string
  limit?: number
  json?: boolean
}

/** `telltale query 'type = 404 | count() by url'` */
export function queryCommand(): Command {
  return new Command('query')
    .description('ask a running Telltale')
    .argument('<query>', "such as 'type = exception | count() by md5'")
    .option('--from <moment>', 'now, -15m, ms since the epoch, or ISO 8601')
    .option('--to <moment>', 'exclusive')
    .option('--limit <rows>', 'at most this many rows', rows)
    .option('--json', 'one JSON object a line')
    .addOption(urlOption())
    .addOption(tokenOption())
    .action(async (query: string, options: Options) => {
      const { from, to, limit, json } = options
      const body = { query, from, to, limit }
      const accept = json ? 'application/x-ndjson' : 'application/json'
      const response = await request(options, '/v1/query', {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept },
        body: JSON.stringify(body),
      })
      const coverage = response.headers.get('x-coverage')
      if (coverage !== null) console.error(`telltale: ${coverage}`)
      if (json) process.stdout.write(await response.text())
      else process.stdout.write(table((await response.json()) as Parameters<typeof table>[0]))
    })
}

function rows(text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('rows are a whole number from 1')
  return value
}
