import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { alive, identity } from '../lock.ts'

const NAME = 'engine.pid'

/** Notes which process is the folder's engine. */
export async function note(dir: string, pid: number): Promise<void> {
  await writeFile(join(dir, NAME), await identity(pid))
}

export async function forget(dir: string): Promise<void> {
  await rm(join(dir, NAME), { force: true })
}

/** Kills the engine an earlier Telltale left: it outlives a killed parent when it hangs. Only for who has the folder's lock. */
export async function bury(dir: string): Promise<void> {
  const who = await readFile(join(dir, NAME), 'utf8').catch(() => '')
  if (!who.includes(' ') || !(await alive(who))) return
  process.kill(Number.parseInt(who, 10), 'SIGKILL')
  for (let tries = 0; tries < 100 && (await alive(who)); tries++) await sleep(50)
}
