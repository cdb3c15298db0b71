// Installs and builds what is missing or out of date, and nothing else. Used by npm start and npm test.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))
const stamps = join(root, '.telltale')

/** Runs a command; ends this process with its exit code where it fails. */
export function run(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2], ...options })
  if (error) fail(`${command} could not be run: ${error.message}`)
  if (status !== 0) process.exit(status ?? 1)
}

/** Says what is wrong and ends. */
export function fail(message) {
  console.error(`\n${message}\n`)
  process.exit(1)
}

export function install() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major < 20 || (major === 20 && minor < 19))
    fail(
      `Telltale needs Node 20.19 or later; this is ${process.versions.node}. On Debian: see nodejs.org for a current one.`,
    )
  const manifests = packages().map(name => `packages/${name}/package.json`)
  once('installed', hash(['package.json', 'package-lock.json', ...manifests]), () => {
    console.error('Installing packages …')
    const args = ['install', '--no-save', '--no-fund', '--no-audit', '--loglevel=error']
    run('npm', args)
    // The lock file names the native parts of the platforms it was made on; elsewhere they are looked up anew.
    if (NATIVE.some(name => !hasNativePart(name))) run('npm', [...args, '--no-package-lock'])
  })
}

/** Packages whose native part is an optional package per platform. */
const NATIVE = ['typescript', 'rolldown', 'lightningcss', 'chdb']

function hasNativePart(name) {
  const manifest = join(root, 'node_modules', name, 'package.json')
  if (!existsSync(manifest)) return true
  const { optionalDependencies = {} } = JSON.parse(readFileSync(manifest, 'utf8'))
  const ours = Object.keys(optionalDependencies).filter(part => part.includes(`${process.platform}-${process.arch}`))
  return ours.length === 0 || ours.some(part => existsSync(join(root, 'node_modules', part)))
}

export function build() {
  const typescript = packages().filter(
    name => existsSync(join(root, 'packages', name, 'tsconfig.json')) && name !== 'web',
  )
  once(
    'built',
    hash(['tsconfig.base.json', ...typescript.flatMap(name => files(`packages/${name}`))]),
    () => {
      console.error('Building …')
      run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-b'])
    },
    typescript.map(name => `packages/${name}/dist`),
  )
  once(
    'web',
    hash([...files('packages/web'), ...files('packages/query')]),
    () => {
      console.error('Building the web interface …')
      run(process.execPath, [join(root, 'node_modules/vite/bin/vite.js'), 'build', '--logLevel', 'warn'], {
        cwd: join(root, 'packages/web'),
      })
    },
    ['packages/web/dist'],
  )
}

/** Does something unless it was done for this very input and what it made is still there. */
function once(name, input, act, outputs = ['node_modules']) {
  const stamp = join(stamps, name)
  const done = existsSync(stamp) && readFileSync(stamp, 'utf8') === input
  if (done && outputs.every(path => existsSync(join(root, path)))) return
  act()
  mkdirSync(stamps, { recursive: true })
  writeFileSync(stamp, input)
}

function packages() {
  return readdirSync(join(root, 'packages'))
}

function files(folder) {
  return readdirSync(join(root, folder), { recursive: true })
    .filter(name => !/(^|\/)(dist|node_modules)(\/|$)/.test(name))
    .map(name => join(folder, name))
    .filter(name => statSync(join(root, name)).isFile() && !name.endsWith('.tsbuildinfo'))
    .sort()
}

function hash(names) {
  const sum = createHash('sha256')
  for (const name of names)
    if (existsSync(join(root, name)))
      sum
        .update(name)
        .update('\0')
        .update(readFileSync(join(root, name)))
  return sum.digest('hex')
}
