import { link, readdir, readFile, rename, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { lockSocket } from './lock-socket.ts'

/** Who a process is, also after its pid was given to another: pid, boot and start time where the system tells. */
export async function identity(pid: number): Promise<string> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    // The first thread of a killed process can be gone while others still finish a write.
    if (fields[0] === 'Z' && (await readdir(`/proc/${pid}/task`)).length === 1) return `${pid} ended`
    const started = fields[19]
    const boot = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim()
    return `${pid} ${boot} ${started}`
  } catch {
    return `${pid}`
  }
}

/** Whether the process of that identity still runs. */
export async function alive(who: string): Promise<boolean> {
  const pid = Number.parseInt(who, 10)
  if (!(pid > 0)) return false
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  return (await identity(pid)) === who
}

/**
 * Takes a data folder for this process alone, by a socket that the kernel ends with it, and by its pid, for systems
 * without and for versions before. A lock whose process is gone is taken over.
 * @returns gives it back
 * @throws a sentence where a living process has it
 */
export async function lock(dir: string): Promise<() => Promise<void>> {
  const socket = await lockSocket(dir)
  if (socket === 'taken') {
    const owner = await readFile(join(dir, 'lock'), 'utf8').catch(() => '')
    throw taken(dir, (await alive(owner)) ? `process ${Number.parseInt(owner, 10)}` : 'in another container')
  }
  try {
    const unlock = await lockPid(dir)
    return async () => {
      await unlock()
      await socket?.()
    }
  } catch (error) {
    await socket?.()
    throw error
  }
}

function taken(dir: string, who: string): Error {
  return new Error(`another Telltale (${who}) is using ${dir}: stop it, or give this one a data folder of its own`)
}

async function lockPid(dir: string): Promise<() => Promise<void>> {
  const path = join(dir, 'lock')
  const mine = await identity(process.pid)
  const draft = `${path}.${process.pid}`
  await writeFile(draft, mine, { flush: true })
  try {
    for (let tries = 0; tries < 10; tries++) {
      try {
        await link(draft, path)
        return () => unlink(path).catch(() => {})
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      }
      const owner = await readFile(path, 'utf8').catch(() => '')
      if (owner !== '' && (await alive(owner))) throw taken(dir, `process ${Number.parseInt(owner, 10)}`)
      await discard(path, owner)
    }
    throw new Error(`the lock of ${dir} keeps changing hands: is another Telltale being started there?`)
  } finally {
    await unlink(draft).catch(() => {})
  }
}

/** Removes a dead owner's lock, and puts it back where it turns out to be somebody else's fresh one. */
async function discard(path: string, owner: string): Promise<void> {
  const aside = `${path}.stale.${process.pid}`
  try {
    await rename(path, aside)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw error
  }
  if ((await readFile(aside, 'utf8')) !== owner) await link(aside, path).catch(() => {})
  await unlink(aside)
}
