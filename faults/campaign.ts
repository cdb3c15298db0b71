import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { BROKEN, type Broken, copyBuild } from './build.ts'
import { Disk } from './disk.ts'
import { FAULTS, type Fault } from './faults.ts'
import { Life, summary } from './life.ts'
import { Random } from './random.ts'
import { Shim } from './shim.ts'
import { Tally } from './tally.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
/** Some are short: what a first start makes is at risk only in the first rounds. */
const ROUNDS_OF_A_LIFE = [3, 50] as const
const EVENTS_OF_A_LIFE = 400_000
const PER_LINE = 100
const GOAL = 10_000
/** Of so many lives in which something was wrong a campaign ends. */
const BAD_LIVES = 5

const HELP = `npm run test:faults -- [options]
  --rounds N       how many faults to do (default 100)
  --seed S         decides which, and when (default: made up, and printed)
  --only NAME      this fault only: ${FAULTS.map(({ name }) => name).join(', ')}
  --broken WHAT    break a copy of the build first, to see that it is noticed: ${BROKEN.join(', ')}
  --log FILE       a line for each ${PER_LINE} rounds goes here (default bench/results/faults.ndjson; none where broken)
  --keep FOLDER    where to put data folder and diary of a life in which something was wrong
  --built          take what is built as it is`

/**
 * The oracle test: numbered events go to the real program over every channel that answers, while it is killed, stopped and
 * starved of its disk; then what was acknowledged must be there exactly once, intact, and what was refused must not.
 * @returns the exit code
 */
export async function campaign(args: string[], inside: string): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      rounds: { type: 'string', default: '100' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      only: { type: 'string' },
      broken: { type: 'string' },
      log: { type: 'string' },
      keep: { type: 'string' },
      built: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  })
  if (values.help) {
    console.log(HELP)
    return 0
  }
  const rounds = Number(values.rounds)
  const seed = Number(values.seed)
  const broken = BROKEN.find(name => name === values.broken)
  if (!(rounds > 0) || !Number.isInteger(seed) || (values.broken !== undefined && broken === undefined)) {
    console.error(HELP)
    return 2
  }
  const folder = mkdtempSync(join(tmpdir(), 'telltale-faults-'))
  const log =
    values.log === ''
      ? undefined
      : (values.log ?? (broken === undefined ? join(ROOT, 'bench/results/faults.ndjson') : undefined))
  const keep = values.keep ?? `${folder}-kept`
  try {
    return await new Campaign(folder, inside === 'namespaces', {
      rounds,
      seed,
      broken,
      only: values.only,
      log,
      keep,
    }).run()
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

interface Plan {
  rounds: number
  seed: number
  broken: Broken | undefined
  only: string | undefined
  log: string | undefined
  keep: string
}

class Campaign {
  readonly #folder: string
  readonly #plan: Plan
  readonly #namespaces: boolean
  readonly #shim: Shim | undefined
  readonly #random: Random
  readonly #tally: Tally
  #bin = ''
  #lives = 0
  /** Lives in which something was wrong. */
  #bad = 0

  constructor(folder: string, namespaces: boolean, plan: Plan) {
    this.#folder = folder
    this.#plan = plan
    this.#namespaces = namespaces
    this.#shim = Shim.make(folder, join(folder, 'disk'))
    this.#random = new Random(plan.seed)
    this.#tally = new Tally({ commit: commit(), seed: plan.seed, broken: plan.broken })
  }

  async run(): Promise<number> {
    process.once('SIGINT', () => {
      console.log('This life is its last.')
      this.#plan.rounds = this.#tally.rounds
    })
    const { rounds, seed, broken, log } = this.#plan
    this.#bin = await copyBuild(ROOT, join(this.#folder, 'program'), broken)
    const before = log === undefined ? 0 : roundsIn(log)
    console.log(
      `seed ${seed}, ${rounds} rounds${broken ? `, broken: ${broken}` : ''}; ${before} of ${GOAL} done before`,
    )
    console.log(this.#means())
    const enough = broken === undefined ? BAD_LIVES : 1
    while (this.#tally.rounds < this.#plan.rounds && this.#bad < enough) await this.#life()
    if (log !== undefined) this.#write(log)
    console.log(`${this.#tally.sentence()}\n${this.#tally.wrong === 0 ? 'All right.' : 'NOT all right.'}`)
    if (this.#tally.wrong > 0) console.log(`The lives in which it went wrong are in ${this.#plan.keep}`)
    return this.#tally.wrong === 0 ? 0 : 1
  }

  async #life(): Promise<void> {
    const disk = new Disk(join(this.#folder, 'disk'), this.#namespaces, this.#random.oneIn(2))
    this.#shim?.clock(0)
    this.#shim?.disk(disk.path, disk.own)
    const life = new Life({ bin: this.#bin, disk, shim: this.#shim, random: this.#random })
    this.#lives++
    try {
      await this.#live(life)
    } catch (error) {
      life.trouble(error instanceof Error ? (error.stack ?? error.message) : String(error))
    } finally {
      await life.crowd.stop()
      await life.kill('both').catch(() => {})
      this.#shim?.mend()
      this.#tally.life(life)
      this.#report(life)
      disk.unmount()
      rmSync(disk.path, { recursive: true, force: true })
    }
  }

  async #live(life: Life): Promise<void> {
    const { only, log } = this.#plan
    const faults = FAULTS.filter(({ name, needs }) => (only === undefined || name === only) && this.#has(needs))
    const rounds = this.#random.pick(ROUNDS_OF_A_LIFE)
    await life.up()
    life.crowd.start(2)
    for (let round = 0; round < rounds && life.ledger.next < EVENTS_OF_A_LIFE; round++) {
      if (this.#tally.rounds >= this.#plan.rounds || life.findings.length > 0 || life.troubles.length > 3) break
      const fault = this.#random.weighted(faults)
      life.note(`round ${round}: ${fault.name}`)
      life.crowd.load(this.#random.pick([0, 5, 20]))
      await fault.act(life)
      life.crowd.calm()
      await life.flows()
      await life.audit()
      this.#tally.round(fault.name)
      if (this.#tally.rounds % 10 === 0) console.log(`${this.#tally.sentence(life)}, life ${this.#lives}`)
      if (log !== undefined && this.#tally.rounds % PER_LINE === 0) this.#write(log, life)
    }
    if (this.#plan.broken === undefined || life.findings.length === 0) await this.#end(life)
  }

  /** All there is, from disk, after a good stop and a start. */
  async #end(life: Life): Promise<void> {
    this.#shim?.clock(0)
    await life.crowd.stop()
    await life.stop()
    await life.audit(true)
    await life.stop()
  }

  #has(needs: Fault['needs']): boolean {
    const [disk, shim] = [this.#namespaces, this.#shim !== undefined]
    return { nothing: true, disk, shim, both: disk && shim }[needs ?? 'nothing']
  }

  #means(): string {
    const disk = this.#namespaces ? 'a small tmpfs, filled by shrinking it' : 'just a folder: it is never filled'
    const shim = this.#shim ? 'by a preloaded library' : 'not done: there is no C compiler'
    return `disk: ${disk}; slow or failing disk and clock jumps: ${shim}`
  }

  #write(log: string, now?: Life): void {
    mkdirSync(dirname(log), { recursive: true })
    const line = this.#tally.line(now)
    if (line !== undefined) appendFileSync(log, `${JSON.stringify(line)}\n`)
  }

  #report(life: Life): void {
    if (life.findings.length === 0 && life.troubles.length === 0 && life.ledger.surprises.length === 0) return
    this.#bad++
    const target = join(this.#plan.keep, `life-${this.#lives}`)
    mkdirSync(target, { recursive: true })
    const found = life.findings.map(({ when, found }) => `${summary(found)}\n${when}`)
    const text = [...found, ...life.troubles, ...life.ledger.surprises.slice(0, 20)].join('\n\n')
    console.log(text)
    writeFileSync(join(target, 'wrong.txt'), `${text}\n`)
    writeFileSync(join(target, 'diary.txt'), `${life.diary.join('\n')}\n`)
    writeFileSync(join(target, 'stderr.txt'), life.log)
    const reasons = [...life.ledger.reasons].map(([reason, times]) => `${times} ${reason}`)
    writeFileSync(join(target, 'refusals.txt'), `${reasons.join('\n')}\n`)
    try {
      cpSync(life.data, join(target, 'data'), { recursive: true, filter: path => !lstatSync(path).isSocket() })
    } catch (error) {
      console.log(`its data is not kept whole: ${String(error)}`) // an engine may not have ended yet
    }
  }
}

function commit(): string {
  const git = (...args: string[]): string => execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' }).trim()
  try {
    return `${git('rev-parse', '--short', 'HEAD')}${git('status', '--porcelain', 'packages') === '' ? '' : '+'}`
  } catch {
    return 'unknown'
  }
}

function roundsIn(log: string): number {
  if (!existsSync(log)) return 0
  const lines = readFileSync(log, 'utf8').trim().split('\n').filter(Boolean)
  return lines.reduce((sum, line) => sum + (JSON.parse(line) as { rounds: number }).rounds, 0)
}
