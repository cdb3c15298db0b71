import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, onTestFinished, test, vi } from 'vitest'
import { lock } from './lock.ts'
import { path } from './testing/lives.ts'

const SOCKET = process.platform !== 'win32'

/** Another process that listens there, as another's Telltale does. */
async function other(dir: string, around: readonly string[] = []) {
  const code = `require('node:net').createServer().listen({ path: 'lock.sock' }, () => console.log('up'))`
  const [command, ...args] = [...around, process.execPath, '-e', code]
  const child = spawn(command!, args, { cwd: dir, stdio: ['ignore', 'pipe', 'ignore'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  return child
}

test('one at a time; given back it is free, and leaves nothing behind', async () => {
  const unlock = await lock(path)
  await expect(lock(path)).rejects.toThrow(`another Telltale (process ${process.pid}) is using ${path}: stop it`)
  await unlock()
  expect(await readdir(path)).toEqual([])
  await (await lock(path))()
})

test('of many that take it at once one gets it, also over what a killed one left', async () => {
  const child = await other(path)
  child.kill('SIGKILL')
  await once(child, 'exit')
  const all = await Promise.allSettled(Array.from({ length: 20 }, () => lock(path)))
  const got = all.filter(({ status }) => status === 'fulfilled') as PromiseFulfilledResult<() => Promise<void>>[]
  expect(got).toHaveLength(1)
  await got[0]!.value()
})

test.runIf(SOCKET)('scar: a process whose pid says nothing here, as that of another container, is seen', async () => {
  await writeFile(join(path, 'lock'), '7 another-boot 12345')
  const child = await other(path)
  const refused = expect(lock(path)).rejects
  await refused.toThrow(`another Telltale (in another container) is using ${path}: stop it`)
  // Also one that stands still.
  child.kill('SIGSTOP')
  await expect(lock(path)).rejects.toThrow('in another container')
  child.kill('SIGKILL')
  await once(child, 'exit')
  expect(await readdir(path)).toContain('lock.sock')
  await (await lock(path))()
})

const unshare = ['unshare', '--user', '--map-root-user', '--pid', '--net', '--fork', '--kill-child', '--mount-proc']
const can = await promisify(execFile)(unshare[0]!, [...unshare.slice(1), 'true']).then(
  () => true,
  () => false,
)
test.runIf(can)('… in namespaces of its own for pids and networks', async () => {
  await other(path, unshare)
  await expect(lock(path)).rejects.toThrow('in another container')
})

test('a folder whose path is too long for a socket', async () => {
  const dir = join(path, 'x'.repeat(100), 'y'.repeat(100))
  await mkdir(dir, { recursive: true })
  const unlock = await lock(dir)
  expect((await readdir(dir)).sort()).toEqual(process.platform === 'linux' ? ['lock', 'lock.sock'] : ['lock'])
  await rm(join(dir, 'lock'))
  if (process.platform === 'linux') await expect(lock(dir)).rejects.toThrow('another Telltale')
  await unlock()
  expect(await readdir(dir)).toEqual([])
})

test('where no socket can be made, the pid decides', async () => {
  vi.resetModules()
  vi.doMock('./lock-socket.ts', () => ({ lockSocket: async () => undefined }))
  onTestFinished(() => vi.doUnmock('./lock-socket.ts'))
  const { lock } = await import('./lock.ts')
  const unlock = await lock(path)
  expect(await readdir(path)).toEqual(['lock'])
  await expect(lock(path)).rejects.toThrow(`process ${process.pid}`)
  await unlock()
})

test('what else lies in the place of the socket gives way', async () => {
  await mkdir(join(path, 'lock.sock', 'full'), { recursive: true })
  const unlock = await lock(path)
  await rm(join(path, 'lock'))
  await expect(lock(path)).rejects.toThrow('another Telltale')
  await unlock()
})

test("another's socket is not removed with one's own", async () => {
  const unlock = await lock(path)
  await rm(join(path, 'lock.sock'))
  const server = createServer().listen(join(path, 'lock.sock'))
  await once(server, 'listening')
  await unlock()
  expect(await readdir(path)).toContain('lock.sock')
  server.close()
})
