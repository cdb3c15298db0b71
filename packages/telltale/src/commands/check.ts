import { readFile } from 'node:fs/promises'
import { batchOf, type EventInput, SimulatedClock } from '@telltale/event'
import { evaluate, finish } from '@telltale/query'
import {
  type Case,
  type Difference,
  differenceIn,
  type Evaluator,
  errorDifference,
  readScript,
} from '@telltale/query/conformance'
import { recent } from '@telltale/recent'
import { Command } from 'commander'

/** A case that came out, or did not. */
interface Outcome {
  readonly file: string
  readonly line: number
  readonly name: string
  readonly ok: boolean
  /** Which evaluator differs, and how. */
  readonly by?: string
  readonly query?: string
  readonly what?: string
  readonly expected?: unknown
  readonly found?: unknown
}

const origin = { hostname: 'h1', receivedAt: 0, trusted: true }

/** The language's own words for it, and the latest events in memory: what a running Telltale would answer. */
const EVALUATORS: Readonly<Record<string, Evaluator>> = {
  reference: (events, query, scope) => finish(query, evaluate(query, events, scope), scope),
  recent(events, query, scope) {
    const ring = recent({ clock: new SimulatedClock(0) })
    const { batch } = batchOf(events as EventInput[], origin)
    batch.seq = 1
    batch.collector = 'c1'
    ring.append(batch)
    return finish(query, ring.partial(query, scope), scope)
  },
}

/** `telltale check queries.test` */
export function checkCommand(): Command {
  return new Command('check')
    .description('check queries against the rows they must give: events, query, rows in plain text')
    .argument('<files...>', 'scripts, as in the conformance folder')
    .option('--json', 'one JSON object a case')
    .action(async (files: string[], { json }: { json?: boolean }, command: Command) => {
      const outcomes: Outcome[] = []
      for (const file of files) {
        const text = await readFile(file, 'utf8').catch((error: Error) =>
          command.error(`telltale: ${file} can't be read: ${error.message}`, { exitCode: 2 }),
        )
        outcomes.push(...(await run(file, text)))
      }
      process.stdout.write(
        json ? outcomes.map(one => `${JSON.stringify(one)}\n`).join('') : report(outcomes, files.length),
      )
      if (outcomes.some(({ ok }) => !ok)) process.exitCode = 1
    })
}

async function run(file: string, text: string): Promise<Outcome[]> {
  const { cases, errors, problems } = readScript(text)
  const outcomes: Outcome[] = problems.map(problem => {
    const [, line, what] = /^line (\d+): ([\s\S]*)$/.exec(problem)!
    return { file, line: Number(line), name: 'the script', ok: false, what: what! }
  })
  for (const one of cases) outcomes.push(await outcomeOf(file, one))
  for (const { line, name, ...rest } of errors) {
    const difference = errorDifference({ line, name, ...rest })
    outcomes.push({
      file,
      line,
      name,
      ok: difference === undefined,
      ...(difference && { query: rest.text, ...difference }),
    })
  }
  if (outcomes.length === 0) outcomes.push({ file, line: 1, name: 'the script', ok: false, what: 'it holds no case' })
  return outcomes.sort((a, b) => a.line - b.line)
}

async function outcomeOf(file: string, one: Case): Promise<Outcome> {
  const { line, name, text: query } = one
  for (const [by, evaluator] of Object.entries(EVALUATORS)) {
    if (one.skip.has(by)) continue
    const difference: Difference | undefined = differenceIn(await evaluator(one.events, one.query, one.scope), one)
    if (difference !== undefined) return { file, line, name, ok: false, by, query, ...difference }
  }
  return { file, line, name, ok: true }
}

function report(outcomes: readonly Outcome[], files: number): string {
  const failed = outcomes.filter(({ ok }) => !ok)
  const told = failed.map(({ file, line, name, by, query, what, expected, found }) => {
    const lines = [`${file}:${line}  ${name}`]
    if (query !== undefined) lines.push(...query.split('\n').map(part => `  ${part}`))
    lines.push(`  ${by === undefined ? '' : `${by}: `}${what}`)
    if (expected !== undefined)
      lines.push(`  expected ${JSON.stringify(expected)}`, `  found    ${JSON.stringify(found)}`)
    return `${lines.join('\n')}\n\n`
  })
  const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? '' : 's'}`
  const passed = outcomes.length - failed.length
  return `${told.join('')}${count(outcomes.length, 'case')} in ${count(files, 'file')}: ${passed} passed, ${failed.length} failed\n`
}
