// node bench/history.mjs [--events 2000000 --rounds 7 --only q1,q2 --keep folder]
// What the query language costs over the best SQL written by hand: the same engine, the same table, taking turns. Loads
// the events through the journal; `--keep` names a folder that stays, so that the next run need not load.
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { scan } from '@telltale/event'
import { embedded, history } from '@telltale/history'
import { finish, parse, rangeOf } from '@telltale/query'
import { median } from './queries.mjs'

const { values: given } = parseArgs({
  options: {
    events: { type: 'string', default: '2000000' },
    rounds: { type: 'string', default: '7' },
    only: { type: 'string', default: '' },
    keep: { type: 'string' },
  },
})

const BASE = Date.UTC(2026, 10, 20)
const PIECE = 1_000_000
const PATIENCE = 300_000
const seconds = 'coalesce(additional_info.execution_time.:Float64, toFloat64(additional_info.execution_time.:Int64))'
const status = 'additional_info.status.:Int64'
const user = 'additional_info.user_id.:Int64'
const url = 'additional_info.url.:String'
const ANYWHERE = ['raw', 'type', 'hostname', 'md5']
const has = column => `multiSearchAnyCaseInsensitive(${column}, ['timeout after 1'])`
const line = `concat('{"type":', toJSONString(type), ',"hostname":', toJSONString(hostname), ',"time":', toString(toUnixTimestamp64Milli(time)), ',"tags":', toJSONString(tags), ',"md5":', toJSONString(md5), ',"additional_info":', raw, '}')`

/**
 * In the language, and as one who knows the engine and the table would write it: of the engine's functions that give the
 * same answer the one that was fastest here. q2 and q11: quantileDD bounds the error of a value as the language does;
 * q2b and q11b: quantile, a sample without a bound, is what many would write. q10: of multiSearchAny, position and LIKE
 * without case the first; a bare text is looked for in the whole event, so by hand, too. q8: uniq counts exactly.
 */
const QUERIES = {
  q1: ['count() by type', 'SELECT type, count() FROM telltale.events GROUP BY type ORDER BY type'],
  q2: [
    'type = page_load | count(), p99(execution_time) by 1m',
    `SELECT toUnixTimestamp(toStartOfMinute(time)) * 1000 AS m, count(), quantileDD(0.004, 0.99)(${seconds}) FROM telltale.events WHERE type = 'page_load' GROUP BY m ORDER BY m`,
  ],
  q3: [
    'hostname = dc1-web01 and has url | count(), avg(execution_time) by url | sort count desc | limit 10',
    `SELECT ${url} AS u, count() AS n, avg(${seconds}) FROM telltale.events WHERE hostname = 'dc1-web01' AND u IS NOT NULL GROUP BY u ORDER BY n DESC, u LIMIT 10`,
  ],
  q4: [
    'type = exception and message ~ "*timeout after 1*" | count() by md5',
    `SELECT md5, count() FROM telltale.events WHERE type = 'exception' AND additional_info.message.:String LIKE '%timeout after 1%' GROUP BY md5 ORDER BY md5`,
  ],
  q5: [
    'status >= 500 | limit 100',
    `SELECT ${line} FROM telltale.events WHERE ${status} >= 500 ORDER BY time DESC, seq DESC LIMIT 100`,
  ],
  q6: [
    'count() by type, hostname, 1m',
    'SELECT type, hostname, toUnixTimestamp(toStartOfMinute(time)) * 1000 AS m, count() FROM telltale.events GROUP BY type, hostname, m ORDER BY m, type, hostname',
  ],
  q7: [
    'execution_time > 3 and tag:slow | count()',
    `SELECT count() FROM telltale.events WHERE ${seconds} > 3 AND has(tags, 'slow')`,
  ],
  q8: [
    'has user_id | uniq(user_id) by type',
    `SELECT type, uniqExact(assumeNotNull(${user})) FROM telltale.events WHERE ${user} IS NOT NULL GROUP BY type ORDER BY type`,
  ],
  q9: [
    'type in (page_load, db_query) | avg(execution_time), max(execution_time), stddev(execution_time) by hostname, type',
    `SELECT hostname, type, avg(${seconds}), max(${seconds}), stddevPop(${seconds}) FROM telltale.events WHERE type IN ('page_load', 'db_query') GROUP BY hostname, type ORDER BY hostname, type`,
  ],
  q10: [
    '"timeout after 1" | count() by hostname',
    `SELECT hostname, count() FROM telltale.events WHERE ${ANYWHERE.map(has).join(' OR ')} OR arrayExists(tag -> ${has('tag')}, tags) GROUP BY hostname ORDER BY hostname`,
  ],
  q11: [
    'type = page_load | p50(execution_time), p95(execution_time), p99(execution_time) by url | sort p99 desc | limit 10',
    `SELECT u, p[1], p[2], p[3] FROM (SELECT ${url} AS u, quantilesDD(0.004, 0.5, 0.95, 0.99)(${seconds}) AS p FROM telltale.events WHERE type = 'page_load' GROUP BY u ORDER BY p[3] DESC LIMIT 10)`,
  ],
  q12: [
    'type = page_load | top(url, 5)',
    `SELECT groupArray((u, n)) FROM (SELECT ${url} AS u, count() AS n FROM telltale.events WHERE type = 'page_load' GROUP BY u ORDER BY n DESC LIMIT 5)`,
  ],
}

QUERIES.q2b = [QUERIES.q2[0], QUERIES.q2[1].replace('quantileDD(0.004, 0.99)', 'quantile(0.99)')]
QUERIES.q11b = [QUERIES.q11[0], QUERIES.q11[1].replace('quantilesDD(0.004, 0.5', 'quantiles(0.5')]

const folder = given.keep ?? fs.mkdtempSync(path.join(os.tmpdir(), 'bench-history-'))
const engine = embedded({ path: path.join(folder, 'history') })
const past = history({ path: folder, keep: 'forever', engine })
await past.start()
try {
  const held = past.journal.lastSeq
  if (held < Number(given.events)) await load(held)
  await compare()
} finally {
  await past.stop()
  if (given.keep === undefined) fs.rmSync(folder, { recursive: true, force: true })
}

async function load(held) {
  const began = performance.now()
  const events = Number(given.events)
  let end = BASE
  for (let made = held; made < events; made += PIECE) {
    const file = path.join(folder, 'piece.ndjson')
    const count = Math.min(PIECE, events - made)
    const { status: code } = spawnSync(
      process.execPath,
      [path.join(import.meta.dirname, 'generate.mjs'), count, file, 1 + made / PIECE],
      { stdio: ['ignore', 'ignore', 'inherit'] },
    )
    if (code !== 0) throw new Error('generate.mjs failed')
    end = await append(file, end)
    fs.rmSync(file)
  }
  await past.flush()
  await engine.command('OPTIMIZE TABLE telltale.events FINAL')
  const took = (performance.now() - began) / 1000
  console.log(`${events - held} events made, journaled and loaded in ${took.toFixed(1)} s`)
}

/** Every piece begins when the last one ended. @returns when this one ends */
async function append(file, from) {
  let shift
  let latest = from
  const take = async bytes => {
    const { batch, refused } = scan(bytes, { hostname: 'bench', receivedAt: from, trusted: true })
    if (refused > 0) throw new Error(`${refused} events were refused`)
    for (let row = 0; row < batch.length; row++) {
      shift ??= from - batch.time[row]
      latest = Math.max(latest, (batch.time[row] += shift))
    }
    await past.append(batch)
  }
  let rest = Buffer.alloc(0)
  for await (const chunk of fs.createReadStream(file, { highWaterMark: 4 << 20 })) {
    const all = Buffer.concat([rest, chunk])
    const cut = all.lastIndexOf(10) + 1
    await take(all.subarray(0, cut))
    rest = all.subarray(cut)
  }
  return latest + 1
}

async function compare() {
  const only = given.only === '' ? Object.keys(QUERIES) : given.only.split(',')
  console.log(`${past.journal.lastSeq} events, ${given.rounds} rounds; ms of CPU: median (least)\n`)
  console.log('      language          by hand           ratio  same  query')
  for (const id of only) {
    const [text, sql] = QUERIES[id]
    const asked = []
    const written = []
    let same = true
    for (let round = 0; round < Number(given.rounds); round++) {
      const [theirs, second] = await timed(() => hand(sql))
      const [mine, first] = await timed(() => ask(text))
      asked.push(mine)
      written.push(theirs)
      same &&= alike(first, second)
    }
    const ratio = Math.min(...asked) / Math.min(...written)
    const show = times => `${median(times).toFixed(1)} (${Math.min(...times).toFixed(1)})`.padEnd(18)
    console.log(
      `${id.padEnd(4)}  ${show(asked)}${show(written)}${ratio.toFixed(2).padEnd(7)}${same ? 'yes ' : 'no  '}  ${text}`,
    )
  }
}

async function timed(run) {
  // What a filter found last time would be remembered.
  await engine.command('SYSTEM DROP QUERY CONDITION CACHE')
  const began = cpu()
  const result = await run()
  return [between(began, cpu()), result]
}

/** What this process and its children have used, by thread and in all: other work on the machine is not in it. */
function cpu() {
  const { user, system } = process.cpuUsage()
  const own = (user + system) / 1000
  const threads = new Map()
  let ticks = 0
  for (const thread of fs.readdirSync('/proc/self/task')) {
    for (const child of fs.readFileSync(`/proc/self/task/${thread}/children`, 'utf8').split(' ').filter(Boolean)) {
      const stat = fs.readFileSync(`/proc/${child}/stat`, 'utf8').split(') ')[1].split(' ')
      ticks += Number(stat[11]) + Number(stat[12])
      for (const one of fs.readdirSync(`/proc/${child}/task`))
        threads.set(one, spent(`/proc/${child}/task/${one}/schedstat`))
    }
  }
  return { own, threads, ticks }
}

/** ms of CPU from one to the other: to the microsecond, or to a tick of 10 ms where a thread ended between. */
function between(a, b) {
  let ms = 0
  for (const [thread, spent] of b.threads) ms += spent - (a.threads.get(thread) ?? 0)
  const ended = [...a.threads.keys()].some(thread => !b.threads.has(thread))
  return b.own - a.own + (ended ? (b.ticks - a.ticks) * 10 : ms)
}

function spent(file) {
  try {
    return Number(fs.readFileSync(file, 'utf8').split(' ')[0]) / 1e6
  } catch {
    return 0 // the thread ended
  }
}

async function ask(text) {
  const { query } = parse(text)
  const scope = rangeOf(query, {}, Date.now())
  return finish(query, await past.partial(query, scope, { timeout: PATIENCE, alone: true }), scope).rows
}

async function hand(sql) {
  const { bytes } = await engine.read(sql, {
    format: 'JSONCompactEachRow',
    timeout: PATIENCE,
    settings: { output_format_json_quote_64bit_integers: 0 },
  })
  const rows = bytes.toString().split('\n').filter(Boolean)
  return rows.map(row => JSON.parse(row))
}

/** Equal but for what sketches may differ by. */
function alike(a, b) {
  if (typeof a === 'number' && typeof b === 'number')
    return Math.abs(a - b) <= 0.05 * Math.max(Math.abs(a), Math.abs(b))
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, i) => alike(item, b[i]))
  return a === b || (typeof a === 'object' && typeof b === 'string') // an event, and its line
}
