import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** Where a running program takes events. */
export interface Address {
  readonly url: string
  readonly tcp: number
}

export interface Launch {
  /** The built command. */
  bin: string
  data: string
  config: string
  env: Readonly<Record<string, string>>
}

/** `telltale start`, as a user starts it, from its first moment to its last. */
export class Program {
  /** Resolves when it says it is ready; undefined where it ended before. */
  readonly ready: Promise<Address | undefined>
  /** Resolves with its exit code; null where a signal ended it. */
  readonly gone: Promise<number | null>
  /** We mean it to end, or made it impossible to run. */
  doomed = false
  readonly #child: ChildProcess
  readonly #data: string
  #log = ''
  #ended = false

  constructor({ bin, data, config, env }: Launch) {
    this.#data = data
    this.#child = spawn(process.execPath, [bin, 'start', '--port', '0', '--data', data, '--config', config], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, TELLTALE_TOKEN: '', ...env },
    })
    this.#child.stderr!.setEncoding('utf8').on('data', text => {
      this.#log = (this.#log + text).slice(-200_000)
    })
    this.gone = new Promise(resolve =>
      this.#child.once('close', code => {
        this.#ended = true
        resolve(code)
      }),
    )
    const said = new Promise<Address>(resolve => {
      let out = ''
      this.#child.stdout!.setEncoding('utf8').on('data', text => {
        out += text
        const url = /http:\/\/\S+/.exec(out)?.[0]
        const tcp = /tcp:\/\/[^:]+:(\d+)/.exec(this.#log)?.[1]
        if (url !== undefined) resolve({ url, tcp: Number(tcp) })
      })
    })
    this.ready = Promise.race([said, this.gone.then(() => undefined)])
  }

  get running(): boolean {
    return !this.#ended
  }

  /** What it wrote to stderr. */
  get log(): string {
    return this.#log
  }

  signal(signal: NodeJS.Signals): void {
    if (this.running) this.#child.kill(signal)
  }

  /** The engine's process; undefined where it is not running. */
  async engine(): Promise<number | undefined> {
    const who = await readFile(join(this.#data, 'history', 'engine.pid'), 'utf8').catch(() => '')
    const pid = Number.parseInt(who, 10)
    return pid > 0 && (await isEngine(pid)) ? pid : undefined
  }
}

async function isEngine(pid: number): Promise<boolean> {
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
  return command.includes('child/main.mjs')
}

/** Kills every process that was started for a data folder, and waits until all of them are gone. */
export async function blackout(data: string): Promise<void> {
  for (const victims = new Set<string>(); ; await sleep(1)) {
    for (const pid of await readdir('/proc')) {
      if (!/^\d+$/.test(pid) || pid === String(process.pid) || victims.has(pid)) continue
      const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
      if (!command.split('\0').some(word => word === data || word.startsWith(`${data}/`))) continue
      victims.add(pid)
      process.kill(Number(pid), 'SIGKILL')
    }
    if (![...victims].some(pid => existsSync(`/proc/${pid}`))) return
  }
}
