// node bench/start.mjs [--history folder] [--left 2] [--port 19575]
// How soon after its start the real program answers: with an empty folder, with the history that bench/history.mjs loaded
// (--history: the folder given to its --keep; a copy is used), and with --left GB of journal that a crash left behind. For
// each: ms until it listens, until the first answer to a query, what that says it covers, and until all is handed over.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { eachLine } from './queries.mjs'

const { values: given } = parseArgs({
  options: {
    history: { type: 'string' },
    left: { type: 'string', default: '2' },
    port: { type: 'string', default: '19575' },
  },
})
const here = import.meta.dirname
const home = `http://127.0.0.1:${given.port}`
const QUERY = 'count(), max(seq) by type'

async function ask(query) {
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(`${home}/v1/query`, { method: 'POST', headers, body: JSON.stringify({ query }) })
  return answer.json()
}

async function measure(name, data) {
  const bin = path.join(here, '../packages/telltale/bin/telltale.js')
  const config = path.join(data, 'telltale.config.js')
  fs.writeFileSync(config, "export default { history: { keep: 'forever' } }") // as bench/history.mjs loaded it
  const began = performance.now()
  const since = () => `${((performance.now() - began) / 1000).toFixed(2)} s`
  const program = spawn(process.execPath, [bin, 'start', '--port', given.port, '--data', data, '--config', config], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  program.stderr.on('data', text => process.stderr.write(`  | ${String(text).trim().replaceAll('\n', '\n  | ')}\n`))
  await once(program.stdout, 'data')
  console.log(`${name}: listening after ${since()}`)
  const first = await ask(QUERY)
  const events = first.rows?.reduce((sum, row) => sum + row[1], 0)
  console.log(
    `${name}: first answer after ${since()}: ${events} events, ${first.stats?.coverage ?? first.error?.message}`,
  )
  for (let told = 0; ; await sleep(200)) {
    const { history } = await (await fetch(`${home}/v1/pipeline`)).json()
    if (history.waiting < 20_000) break
    if (performance.now() - told > 10_000) {
      console.log(`${name}: after ${since()} ${history.waiting} events wait for the history`)
      told = performance.now()
    }
  }
  const last = await ask(QUERY)
  console.log(
    `${name}: all handed over after ${since()}: ${last.rows?.reduce((sum, row) => sum + row[1], 0)} events, ${last.stats?.coverage ?? last.error?.message}`,
  )
  program.kill('SIGTERM')
  await once(program, 'exit')
}

/** A journal of so many bytes as a crash leaves it: sealed segments of 64 MB, nothing of them in the history yet. */
function leave(data, bytes) {
  const journal = path.join(data, 'journal')
  fs.mkdirSync(journal, { recursive: true })
  fs.writeFileSync(path.join(journal, 'collector'), 'crashed\n')
  const lines = []
  eachLine(path.join(here, 'data/events-100000.ndjson'), (buffer, from, to) =>
    lines.push(buffer.toString('utf8', from, to)),
  )
  const whole = lines.map(line => {
    const { type, hostname, tags = [], md5 = '', additional_info = {} } = JSON.parse(line)
    return JSON.stringify({ type, hostname, tags, md5, additional_info }).slice(1)
  })
  const now = Date.now()
  let seq = 0
  for (let written = 0; written < bytes; ) {
    const first = seq + 1
    let size = 0
    const segment = []
    while (size < 64e6) {
      const time = now - 3_600_000 + (seq >> 2)
      const line = `{"seq":${++seq},"collector":"crashed","time":${time},"received_at":${time},${whole[seq % whole.length]}\n`
      segment.push(line)
      size += line.length
    }
    const name = number => String(number).padStart(16, '0')
    fs.writeFileSync(path.join(journal, `crashed-${name(first)}-${name(seq)}.jsonl`), segment.join(''))
    written += size
  }
  return seq
}

async function inFolder(name, fill) {
  const data = fs.mkdtempSync(path.join(tmpdir(), 'telltale-start-'))
  try {
    fill?.(data)
    spawnSync('sync') // what was copied is not to be written while it starts
    await measure(name, data)
  } finally {
    fs.rmSync(data, { recursive: true, force: true })
  }
}

await inFolder('empty')
if (given.history !== undefined)
  await inFolder('history', data => spawnSync('cp', ['-a', `${given.history}/.`, data], { stdio: 'inherit' }))
if (Number(given.left) > 0)
  await inFolder('left', data => {
    const events = leave(data, Number(given.left) * 1e9)
    console.log(`left: ${given.left} GB of journal, ${events} events`)
  })
