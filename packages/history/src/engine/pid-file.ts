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

/** ms for a killed engine to be gone; longer only where the disk itself hangs. */
const PATIENCE = 60_000

/**
 * Kills the engine an earlier Telltale left: it outlives a killed parent when it hangs. Only for who has the folder's lock.
 * @throws where it does not go: two engines on one folder would not see each other's parts
 */
export async function bury(dir: string): Promise<void> {
  const who = await readFile(join(dir, NAME), 'utf8').catch(() => '')
  if (!who.includes(' ') || !(await alive(who))) return
  const pid = Number.parseInt(who, 10)
  process.kill(pid, 'SIGKILL')
  for (let waited = 0; await alive(who); waited += 10) {
    if (waited >= PATIENCE)
      throw new Error(`an engine of an earlier start (process ${pid}) does not end though killed: is the disk stuck?`)
    await sleep(10)
  }
}
