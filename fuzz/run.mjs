// npm run fuzz -- [--target name] [--cases N | --seconds S] [--seed S]: mutated input for every decoder and the query.
// Each target runs in a worker thread; this thread watches it: a case that takes more than a second of CPU is a hang.
// What fails is made small and kept in fuzz/cases, which npm test runs; each run is a line in bench/results/fuzz.ndjson.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { appendFileSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'
import { build } from 'vite'

const root = join(import.meta.dirname, '..')
/** Of this run: several may be under way. */
const out = join(root, 'node_modules/.cache/telltale-fuzz', String(process.pid))
process.on('exit', () => rmSync(out, { recursive: true, force: true }))
/** CPU time of one case beyond which it hangs, and wall time beyond which it waits for what never comes, in ms. */
const HANG = 1000
const STUCK = 60_000
/** Bytes a target may hold more at most in the second half of a run than in the first. */
const GROWTH = 64 * 1024 * 1024

/** Set once somebody has seen enough: what was run counts. */
let interrupted = false
for (const signal of ['SIGINT', 'SIGTERM'])
  process.once(signal, () => {
    interrupted = true
  })

function usage(problem) {
  console.error(`${problem}\nusage: npm run fuzz -- [--target name]… [--cases N | --seconds S] [--seed S] [--list]`)
  process.exit(2)
}

function arguments_() {
  try {
    return parseArgs({
      options: {
        target: { type: 'string', multiple: true },
        cases: { type: 'string' },
        seconds: { type: 'string' },
        seed: { type: 'string' },
        list: { type: 'boolean' },
      },
    }).values
  } catch (error) {
    return usage(error.message)
  }
}

function number(text, name, otherwise) {
  if (text === undefined) return otherwise
  const value = Number(text)
  if (!Number.isFinite(value) || value < 0 || text === '') usage(`--${name} must be a number, found "${text}"`)
  return value
}

/** The workers as one file of JavaScript, from the sources. */
async function bundle() {
  await build({
    root,
    logLevel: 'error',
    configFile: false,
    resolve: { conditions: ['source'] },
    // The history finds its child process beside itself, so it is as it was built; and so is all it shares classes with.
    ssr: {
      noExternal: [/^@telltale\//, 'telltale'],
      external: ['@telltale/history', '@telltale/query', '@telltale/query/conformance', '@telltale/event'],
      resolve: { conditions: ['source'] },
    },
    build: {
      ssr: true,
      target: 'node20',
      outDir: out,
      emptyOutDir: true,
      minify: false,
      sourcemap: true,
      rolldownOptions: { input: { worker: join(root, 'fuzz/worker.ts'), targets: join(root, 'fuzz/targets.ts') } },
    },
  })
}

const wait = ms => new Promise(resolve => setTimeout(resolve, ms))

/** Runs a worker; gives its messages on, and why it ended. */
function start(order, told) {
  const shared = new SharedArrayBuffer(32)
  const current = new SharedArrayBuffer(4 << 20)
  const worker = new Worker(join(out, 'worker.js'), {
    workerData: { first: 0, cases: 0, ms: 0, ...order, shared, current },
    resourceLimits: { maxOldGenerationSizeMb: 1024 },
  })
  const state = { worker, progress: new Float64Array(shared), current, ended: undefined }
  worker.on('message', told)
  worker.on('error', error => {
    state.ended = error.stack ?? String(error)
  })
  worker.on('exit', () => {
    state.ended ??= ''
  })
  return state
}

/** Whether a single input hangs or kills its worker. */
async function tried(target, seed, input) {
  let why
  const run = start({ target, seed, input }, message => {
    why = message.why ?? ''
  })
  const ready = process.cpuUsage()
  while (run.ended === undefined && why === undefined) {
    await wait(20)
    const { user, system } = process.cpuUsage(ready)
    // Starting costs, too.
    if ((user + system) / 1000 > HANG * 3) why = 'hang'
  }
  await run.worker.terminate()
  return why ?? run.ended
}

/** As minimise.ts, for what cannot be tried within a worker that goes on. */
async function smaller(target, seed, input) {
  let best = Buffer.from(input)
  let trials = 0
  for (let length = best.length >> 1; length >= 1 && trials < 60; length >>= 1)
    for (let at = 0; at < best.length && trials < 60; trials++) {
      const without = Buffer.concat([best.subarray(0, at), best.subarray(at + length)])
      if (await tried(target, seed, without)) best = without
      else at += length
    }
  return best
}

function keep(target, input) {
  const folder = join(root, 'fuzz/cases', target)
  mkdirSync(folder, { recursive: true })
  const file = join(folder, createHash('sha1').update(input).digest('hex').slice(0, 10))
  writeFileSync(file, input)
  return file.slice(root.length + 1)
}

/** What was reported already, by how it begins and where it was thrown. */
const known = new Set()

function report(target, seed, found, why, input) {
  const kind = [
    target.name,
    ...why
      .split('\n')
      .filter((line, i) => i === 0 || line.includes(' at '))
      .slice(0, 2),
  ].join(' ')
  const mark = kind.slice(0, 160).replace(/\d+|".*"/g, '')
  if (known.has(mark)) return
  known.add(mark)
  const file = keep(target.name, input)
  const shown = Buffer.from(input).toString('latin1')
  console.error(
    `\n${target.name}, seed ${seed}, case ${found}: ${why}\n  ${file}: ${JSON.stringify(shown.slice(0, 400))}\n`,
  )
}

async function campaign(target, { seed, cases, ms }) {
  const started = performance.now()
  const cpu = process.cpuUsage()
  const sum = { done: 0, failures: 0, hangs: 0, samples: [] }
  let first = 0
  while (first < cases && performance.now() - started < ms) {
    let finished = false
    const order = { target: target.name, seed, first, cases: cases - first, ms: ms - (performance.now() - started) }
    const run = start(order, message => {
      if (message.kind === 'failure') report(target, seed, message.case, message.why, message.small)
      else {
        finished = true
        sum.failures += message.failures
        sum.samples.push(...message.samples)
        sum.done += message.done
      }
    })
    const lost = await watched(target, run, started, sum)
    if (finished) break
    if (interrupted) {
      sum.done += run.progress[1]
      break
    }
    const { progress } = run
    sum.done += progress[1] + 1
    sum.failures++
    if (lost === 'hang') sum.hangs++
    const input = Buffer.from(new Uint8Array(run.current, 0, progress[2]))
    console.error(
      `\n${target.name}, seed ${seed}, case ${progress[0]}: ${lost}; it is ${keep(target.name, input)}, making it small …`,
    )
    report(target, seed, progress[0], lost, await smaller(target.name, seed, input))
    first = progress[0] + 1
    if (sum.failures > 20) break
  }
  const { user, system } = process.cpuUsage(cpu)
  return { ...sum, cpu: (user + system) / 1e6, seconds: (performance.now() - started) / 1000 }
}

/** Waits for a worker's end, with a line now and then. @returns why it had to be ended, or ended itself */
async function watched(target, run, started, sum) {
  let at = -1
  let since = process.cpuUsage()
  let sinceWall = performance.now()
  let beat = performance.now()
  while (run.ended === undefined) {
    await wait(50)
    const now = performance.now()
    const done = run.progress[1]
    if (interrupted) {
      await run.worker.terminate()
      return 'interrupted'
    }
    const moved = done + run.progress[3]
    if (moved !== at) {
      at = moved
      since = process.cpuUsage()
      sinceWall = now
    }
    const { user, system } = process.cpuUsage(since)
    // The first case pays for loading.
    const allowed = done === 0 ? 10 * HANG : HANG
    if ((user + system) / 1000 > allowed || now - sinceWall > STUCK) {
      await run.worker.terminate()
      return 'hang'
    }
    if (now - beat < 5000) continue
    beat = now
    const total = sum.done + done
    console.log(
      `  ${target.name}: ${total.toLocaleString('en')} cases, ${Math.round(total / ((now - started) / 1000)).toLocaleString('en')}/s, ${sum.failures} failures`,
    )
  }
  return run.ended === '' ? 'the worker ended' : run.ended
}

const values = arguments_()
await bundle()
const { targets } = await import(pathToFileURL(join(out, 'targets.js')).href)
if (values.list) {
  for (const { name, about } of targets) console.log(`${name.padEnd(16)} ${about}`)
  process.exit(0)
}
const unknown = values.target?.find(name => !targets.some(each => each.name === name))
if (unknown) usage(`there is no target ${unknown}; there are ${targets.map(({ name }) => name).join(', ')}`)
const chosen = values.target ? targets.filter(({ name }) => values.target.includes(name)) : targets
const seed = number(values.seed, 'seed', Date.now() % 1e9)
const seconds = number(values.seconds, 'seconds')
const cases = number(values.cases, 'cases', seconds === undefined ? 100_000 : Number.POSITIVE_INFINITY)
const commit = existsSync(join(root, '.git'))
  ? execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim()
  : undefined
console.log(`seed ${seed}`)
let failed = 0
for (const target of chosen) {
  if (interrupted) break
  const ms = seconds === undefined ? Number.POSITIVE_INFINITY : seconds * 1000
  const { done, failures, hangs, samples, cpu, seconds: took } = await campaign(target, { seed, cases, ms })
  const half = samples.length >> 1
  const [first, second] = [samples.slice(1, half), samples.slice(half)].map(held => Math.max(...held))
  const growth = half < 2 ? undefined : second - first
  const grew = growth > GROWTH
  failed += failures + (grew ? 1 : 0)
  const mb = growth === undefined ? '–' : `${(growth / 1048576).toFixed(1)} MB`
  console.log(
    `${target.name}: ${done.toLocaleString('en')} cases in ${took.toFixed(1)} s (${Math.round(done / cpu).toLocaleString('en')} per CPU-second), ${failures} failures, ${hangs} hangs, memory ${mb}${grew ? ': IT GROWS' : ''}`,
  )
  mkdirSync(join(root, 'bench/results'), { recursive: true })
  const line = {
    date: new Date().toISOString(),
    commit,
    target: target.name,
    cases: done,
    seed,
    failures,
    hangs,
    cpu_s: +cpu.toFixed(1),
    held_first_half: first,
    held_second_half: second,
    ...(interrupted ? { interrupted } : {}),
  }
  appendFileSync(join(root, 'bench/results/fuzz.ndjson'), `${JSON.stringify(line)}\n`)
}
process.exit(failed > 0 ? 1 : 0)
