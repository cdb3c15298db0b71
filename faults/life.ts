import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { audit, type Findings, wrong } from './audit.ts'
import { CHANNELS, Crowd } from './crowd.ts'
import type { Disk } from './disk.ts'
import { Ledger } from './ledger.ts'
import { blackout, Program } from './program.ts'
import { Random } from './random.ts'
import type { Shim } from './shim.ts'

/** What a life is lived with. */
export interface Setting {
  bin: string
  disk: Disk
  shim: Shim | undefined
  random: Random
}

export type Victim = 'main' | 'engine' | 'both'
export interface Kills extends Record<Victim, number> {
  /** Of those of the main process: before it was ready. */
  start: number
}

const PATIENCE = 60_000

/**
 * One data folder, from its first start to its last audit. What is needed for it to go on after a fault is what a service
 * manager does: start the program again where it ended. Nothing else is ever touched by hand.
 */
export class Life {
  readonly setting: Setting
  readonly random: Random
  readonly ledger: Ledger = new Ledger()
  readonly crowd: Crowd
  readonly kills: Kills = { main: 0, engine: 0, both: 0, start: 0 }
  /** What went wrong besides events: the program died by itself, did not come up, took nothing any more. */
  readonly troubles: string[] = []
  readonly findings: { when: string; found: Findings }[] = []
  /** What happened, in order. */
  readonly diary: string[] = []
  readonly data: string
  readonly sync: 'always' | '50ms' | 'os'
  program: Program | undefined
  readonly #config: string
  #url = ''
  #audited = 0
  readonly #programs: Program[] = []
  readonly #born = Date.now()

  constructor(setting: Setting) {
    this.setting = setting
    this.random = setting.random
    // Of their own, so that what is done when follows from the seed alone.
    this.crowd = new Crowd(this.ledger, new Random(setting.random.int(0, 1e9)))
    this.data = join(setting.disk.path, 'data')
    mkdirSync(this.data)
    const { random } = this
    this.sync = random.pick(['always', '50ms', 'os'])
    const config = {
      // Mostly so small that the answers come from the history.
      latest: { events: random.pick([500, 500, 5000, 1_000_000]) },
      history: { keep: 'forever' },
      journal: {
        sync: this.sync,
        segmentBytes: random.pick([100_000, 1_000_000, 64 << 20]),
        sealAfter: random.pick([20, 100, 1000]),
      },
    }
    this.#config = join(setting.disk.path, 'telltale.config.mjs')
    writeFileSync(this.#config, `export default ${JSON.stringify(config)}\n`)
    this.note(`begins with ${JSON.stringify(config)}`)
  }

  note(what: string): void {
    if (process.env['FAULTS_TRACE']) console.log(((Date.now() - this.#born) / 1000).toFixed(3), what)
    this.diary.push(`${((Date.now() - this.#born) / 1000).toFixed(3)} ${what}`)
  }

  trouble(what: string): void {
    this.note(`TROUBLE ${what}`)
    this.troubles.push(what)
  }

  /** Starts the program where it does not run, without waiting until it is ready. */
  launch(): Program {
    if (this.program?.running) return this.program
    const { bin, shim } = this.setting
    const program = new Program({ bin, data: this.data, config: this.#config, env: shim?.env ?? {} })
    this.program = program
    this.#programs.push(program)
    void program.gone.then(code => {
      if (this.program === program) this.crowd.direct(undefined)
      if (!program.doomed) this.trouble(`it ended by itself with ${code}: ${program.log.slice(-3000)}`)
    })
    return program
  }

  /** Sees to it that it runs and is ready, as a service manager would. */
  async up(): Promise<string> {
    for (let tries = 0; tries < 5; tries++) {
      const program = this.launch()
      const late = sleep(PATIENCE, 'late' as const, { ref: false })
      const address = await Promise.race([program.ready, late])
      if (address === 'late') {
        this.trouble(`it was not ready after ${PATIENCE / 1000} s: ${program.log.slice(-3000)}`)
        await this.kill('both')
      } else if (address !== undefined && program.running) {
        this.crowd.direct(address)
        this.#url = address.url
        return address.url
      }
      await program.gone
      await sleep(100)
    }
    throw new Error('it does not come up any more')
  }

  /** Ends it with SIGKILL. */
  async kill(victim: Victim): Promise<void> {
    const { program } = this
    if (!program?.running) return
    const engine = victim === 'main' ? undefined : await program.engine()
    if (victim === 'engine' && engine === undefined) return
    this.note(`kill -9 ${victim}`)
    this.kills[victim]++
    if (victim !== 'engine') {
      program.doomed = true
      this.crowd.direct(undefined)
    }
    if (engine !== undefined) signal(engine, 'SIGKILL')
    if (victim === 'engine') return
    program.signal('SIGKILL')
    await program.gone
  }

  /** Ends everything at once, engines of earlier starts too. */
  async blackout(): Promise<void> {
    const { program } = this
    if (program?.running) {
      this.kills.both++
      program.doomed = true
      this.crowd.direct(undefined)
    }
    await blackout(this.data)
    await program?.gone
  }

  /** Stops the engine or the main process for a while with SIGSTOP; then it goes on, or all are killed. */
  async suspend(victim: 'main' | 'engine', ms: number, then: 'continue' | 'kill' = 'continue'): Promise<void> {
    const { program } = this
    const engine = await program?.engine()
    if (program === undefined || (victim === 'engine' && engine === undefined)) return
    this.note(`stop ${victim} for ${ms} ms`)
    const tell = (what: NodeJS.Signals): void => (victim === 'main' ? program.signal(what) : signal(engine!, what))
    tell('SIGSTOP')
    await sleep(ms)
    if (then === 'kill') await this.kill('both')
    else tell('SIGCONT')
  }

  /** Ends it as a person would; it must end well. */
  async stop(): Promise<void> {
    const { program } = this
    if (program === undefined) return
    program.doomed = true
    this.crowd.direct(undefined)
    this.note('SIGTERM')
    program.signal('SIGTERM')
    const code = await Promise.race([program.gone, sleep(PATIENCE, 'late' as const, { ref: false })])
    if (code !== 0) this.trouble(`SIGTERM ended with ${code}: ${program.log.slice(-3000)}`)
    if (code === 'late') await this.kill('both')
  }

  /** Fresh events pass, on every channel. */
  async flows(): Promise<void> {
    this.note('flows?')
    await this.up()
    const before = { ...this.crowd.acks }
    const end = Date.now() + PATIENCE
    while (CHANNELS.some(channel => this.crowd.acks[channel] === before[channel])) {
      if (Date.now() > end) {
        const dry = CHANNELS.filter(channel => this.crowd.acks[channel] === before[channel])
        this.trouble(`nothing sent over ${dry.join()} was acknowledged for ${PATIENCE / 1000} s`)
        return
      }
      if (!this.program!.running) await this.up()
      await sleep(5)
    }
  }

  /** Asks for what was sent since the last time, or for all there is. */
  async audit(all = false): Promise<void> {
    const url = await this.up()
    const [from, to] = [all ? 0 : this.#audited, this.ledger.next]
    this.#audited = to
    try {
      await this.#judge(url, from, to)
    } catch (error) {
      if (this.program?.running) this.trouble(`audit: ${String(error)}`)
    }
  }

  async #judge(url: string, from: number, to: number): Promise<void> {
    this.note(`audit ${from}-${to}`)
    const found = await audit(url, this.ledger, from, to)
    this.note('audited')
    if (wrong(found) === 0) return
    this.note(`FOUND ${summary(found)}`)
    await sleep(3000)
    const again = this.#url === url ? await audit(url, this.ledger, from, to) : found
    this.note(`three seconds later: ${summary(again)}`)
    const still = new Set(again.lost)
    found.late = found.lost.filter(n => !still.has(n))
    found.lost = again.lost
    this.findings.push({ when: this.diary.slice(-12).join('\n'), found })
  }

  /** What all its programs wrote to stderr. */
  get log(): string {
    return this.#programs.map(({ log }, i) => `--- start ${i + 1}\n${log}`).join('')
  }
}

function signal(pid: number, what: NodeJS.Signals): void {
  try {
    process.kill(pid, what)
  } catch {
    // it has gone meanwhile
  }
}

export function summary(found: Findings): string {
  const parts = [
    ['lost', ranges(found.lost)],
    ['not answered at first', ranges(found.late)],
    ['doubled', ranges(found.doubled)],
    ["of another's seq", ranges(found.twins)],
    [
      'torn',
      found.torn
        .map(({ n, how }) => `${n}: ${how}`)
        .slice(0, 3)
        .join('; '),
    ],
    ['refused and there', ranges(found.ghosts)],
    ['never sent', found.strangers.slice(0, 3).join('; ')],
  ]
  return (
    parts
      .filter(([, what]) => what !== '')
      .map(part => part.join(' '))
      .join(', ') || 'all right'
  )
}

/** Numbers as runs: 3-7 9 12-13. */
function ranges(numbers: readonly number[]): string {
  const runs: [number, number][] = []
  for (const n of numbers) {
    const last = runs.at(-1)
    if (last !== undefined && last[1] === n - 1) last[1] = n
    else runs.push([n, n])
  }
  const text = runs
    .slice(0, 20)
    .map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`))
    .join(' ')
  return text === '' ? '' : `${numbers.length} (${text}${runs.length > 20 ? ' …' : ''})`
}
