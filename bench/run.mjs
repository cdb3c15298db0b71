// npm run bench [-- --events 1000000 --passes 2 --rounds 7 --engines naive,telltale,telltale-forgetful,telltale-fed,telltale-fed-forgetful,duckdb-typed,chdb --only q1,q5]
// Makes the events, runs every engine in a process of its own, the engines taking turns, and prints the table.
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { table } from './table.mjs'

const here = import.meta.dirname
const { values: given } = parseArgs({
  options: {
    events: { type: 'string', default: '1000000' },
    passes: { type: 'string', default: '2' },
    rounds: { type: 'string', default: '7' },
    engines: {
      type: 'string',
      default: 'naive,telltale,telltale-forgetful,telltale-fed,telltale-fed-forgetful,duckdb-typed,chdb',
    },
    only: { type: 'string', default: '' },
  },
})

function run(command, args, options = {}) {
  const { status, stdout } = spawnSync(command, args, {
    cwd: here,
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
    ...options,
  })
  return status === 0 ? stdout : undefined
}

function must(command, args, options) {
  const out = run(command, args, options)
  if (out === undefined) throw new Error(`${command} ${args.join(' ')} failed`)
  return out
}

function events() {
  const file = path.join(here, 'data', `events-${given.events}.ndjson`)
  if (fs.existsSync(file)) return file
  fs.mkdirSync(path.dirname(file), { recursive: true })
  must(process.execPath, ['generate.mjs', given.events, `${file}.part`])
  fs.renameSync(`${file}.part`, file)
  return file
}

/** The peers' packages are no dependencies of the project: they are fetched for the bench alone. */
function peers(engines) {
  const folder = path.join(here, 'peers')
  if (
    engines.every(name => name === 'naive' || name.startsWith('telltale')) ||
    fs.existsSync(path.join(folder, 'node_modules'))
  )
    return
  must('npm', ['install', '--no-package-lock'], { cwd: folder })
}

const engines = given.engines.split(',')
const file = events()
peers(engines)
must('npx', ['tsc', '-b', 'packages/recent'], { cwd: path.dirname(here) })

const lines = []
const results = path.join(here, 'data', `results-${given.events}.jsonl`)
for (let pass = 0; pass < Number(given.passes); pass++) {
  for (const engine of engines) {
    process.stderr.write(`pass ${pass + 1}: ${engine}\n`)
    const args = [
      '--expose-gc',
      '--max-old-space-size=14000',
      'measure.mjs',
      `engines/${engine}.mjs`,
      file,
      given.rounds,
      given.only,
    ]
    const out = run(process.execPath, args, { timeout: 300_000 })
    const line = out?.split('\n').find(text => text.startsWith('{'))
    if (line === undefined) process.stderr.write(`${engine} failed\n`)
    else {
      fs.appendFileSync(results, `${line}\n`)
      lines.push(JSON.parse(line))
    }
  }
}
if (lines.length > 0) console.log(table(lines))
