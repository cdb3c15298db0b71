import { symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { folder, start } from './program.ts'

const at = folder()
writeFileSync(join(at, 'file'), '')
symlinkSync(join(at, 'circle'), join(at, 'circle'))

test.each<[string, RegExp]>([
  [join(at, 'file'), /the data folder .*file can't be used: a file stands where a folder is needed: name another/],
  [join(at, 'file', 'x'), /can't be used: a file stands where a folder is needed/],
  [join(at, 'circle'), /can't be used: its links lead in a circle/],
  [join(at, 'x'.repeat(300)), /can't be used: its name is too long/],
  ['/proc/telltale', /can't be used: no folder can be made there/],
])('a data folder that can not be one is refused with what to do: %s', async (data, message) => {
  await expect(start({ data })).rejects.toThrow(message)
})

test.each<[string, RegExp]>([
  ['10.255.255.254', /10\.255\.255\.254 is no address of this machine; choose one that is with --host/],
  ['nowhere.invalid', /the host name nowhere\.invalid can't be resolved/],
])('a host that is not this machine is refused with what to do: %s', async (host, message) => {
  await expect(start({ args: ['--host', host], env: { TELLTALE_TOKEN: 'x' } })).rejects.toThrow(message)
})
