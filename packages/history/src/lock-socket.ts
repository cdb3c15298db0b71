import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { type FileHandle, link, open, rename, stat, unlink } from 'node:fs/promises'
import { createConnection, createServer, type Server } from 'node:net'
import { join } from 'node:path'

const NAME = 'lock.sock'
/** Bytes of a socket's path that every system takes, with room for {@link aside}'s. */
const LONGEST = 80
const TRIES = 10

/**
 * Listens on a socket in a folder for as long as this process lives: the kernel knows whether somebody does, also one of
 * another container, which has pids of its own, and ends it with the process however that ends.
 * @returns gives it back; `taken` where a living process has it; undefined where there can be no socket
 */
export async function lockSocket(dir: string): Promise<(() => Promise<void>) | 'taken' | undefined> {
  let folder: FileHandle | undefined
  try {
    // What is too long for a socket's path is reached by way of the open folder, where the system has that.
    if (Buffer.byteLength(join(dir, NAME)) > LONGEST) folder = await open(dir, 'r')
    const path = join(folder === undefined ? dir : `/proc/self/fd/${folder.fd}`, NAME)
    const server = await take(path)
    if (server !== undefined && server !== 'taken')
      return async () => {
        // To close it removes what is at its path, which may be another's if somebody removed the file by hand.
        if (await isAt(path, server.ino)) await new Promise(done => server.server.close(done))
        await folder?.close()
      }
    await folder?.close()
    return server
  } catch {
    await folder?.close().catch(() => {})
    return undefined
  }
}

interface Held {
  readonly server: Server
  readonly ino: number
}

async function take(path: string): Promise<Held | 'taken' | undefined> {
  for (let tries = 0; tries < TRIES; tries++) {
    const server = await listening(path)
    if (server !== 'in use') {
      const { ino } = await stat(path)
      return { server, ino }
    }
    const found = await knock(path)
    if (found === 'lives') return 'taken'
    if (found === 'unknown') return undefined
    await discard(path)
  }
  return 'taken' // it keeps changing hands
}

async function listening(path: string): Promise<Server | 'in use'> {
  const server = createServer(connection => connection.destroy())
  server.listen({ path, exclusive: true })
  try {
    await once(server, 'listening')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return 'in use'
    throw error
  }
  return server.unref()
}

/** Whether anybody listens: a process that stands still does. */
async function knock(path: string): Promise<'lives' | 'gone' | 'unknown'> {
  const connection = createConnection({ path })
  try {
    await once(connection, 'connect')
    return 'lives'
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ECONNREFUSED' || code === 'ENOENT') return 'gone'
    return code === 'EAGAIN' ? 'lives' : 'unknown'
  } finally {
    connection.destroy()
  }
}

/** Removes what a dead process left, and puts it back where it turns out to be somebody's fresh one. */
async function discard(path: string): Promise<void> {
  const aside = `${path}.${randomBytes(3).toString('hex')}`
  try {
    await rename(path, aside)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw error
  }
  if ((await knock(aside)) === 'lives') await link(aside, path).catch(() => {})
  await unlink(aside).catch(() => {})
}

async function isAt(path: string, ino: number): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.ino === ino
}
