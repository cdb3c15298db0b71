import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

/** The floors of the house. Imports point down, never up or sideways. */
const FLOORS: Readonly<Record<string, number>> = {
  '@telltale/event': 0,
  '@telltale/query': 1,
  '@telltale/pipeline': 2,
  '@telltale/recent': 2,
  '@telltale/history': 2,
  '@telltale/standing': 2,
  '@telltale/channels': 3,
  '@telltale/server': 4,
  '@telltale/web': 4,
  telltale: 4,
}
/** On the top floor: the program is put together by the server's house, which shows the web's files. */
const DOORS = new Set(['telltale → @telltale/server', '@telltale/server → @telltale/web'])

const root = join(import.meta.dirname, '..')
const folders = readdirSync(join(root, 'packages')).filter(name =>
  existsSync(join(root, 'packages', name, 'package.json')),
)
const manifest = (folder: string): { name: string; dependencies?: Record<string, string> } =>
  JSON.parse(readFileSync(join(root, 'packages', folder, 'package.json'), 'utf8'))

function sources(folder: string): string[] {
  return readdirSync(join(root, 'packages', folder), { recursive: true, encoding: 'utf8' })
    .filter(name => /\.(ts|js)$/.test(name) && !/(^|\/)(dist|node_modules)\//.test(name))
    .map(name => join(root, 'packages', folder, name))
}

function imported(file: string): string[] {
  const text = readFileSync(file, 'utf8')
  return [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map(match => match[1]!)
}

test('every package stands on a floor', () => {
  expect(folders.map(folder => manifest(folder).name).sort()).toEqual(Object.keys(FLOORS).sort())
})

test.each(folders)('%s imports downwards only, and what it declares', folder => {
  const { name, dependencies = {} } = manifest(folder)
  const wrong: string[] = []
  for (const file of sources(folder)) {
    const isTest = /\.test\.ts$|vite\.config/.test(file)
    for (const target of imported(file)) {
      if (target.startsWith('.')) {
        if (join(file, '..', target).startsWith(`${join(root, 'packages', folder)}/`)) continue
        if (!isTest) wrong.push(`${file}: ${target} leaves the package`)
        continue
      }
      const other = target
        .split('/')
        .slice(0, target.startsWith('@') ? 2 : 1)
        .join('/')
      if (!(other in FLOORS) || other === name || isTest) continue
      if (!(other in dependencies)) wrong.push(`${file}: ${other} is not a dependency of ${name}`)
      if (FLOORS[other]! >= FLOORS[name]! && !DOORS.has(`${name} → ${other}`))
        wrong.push(`${file}: ${name} (floor ${FLOORS[name]}) imports ${other} (floor ${FLOORS[other]})`)
    }
  }
  expect(wrong).toEqual([])
})

test('only one file reads the wall clock', () => {
  const readers = ['event', 'query', 'pipeline', 'recent', 'standing']
    .flatMap(sources)
    .filter(
      file =>
        !file.endsWith('.test.ts') &&
        /Date\.now\(|new Date\(\)|setInterval\(|setTimeout\(/.test(readFileSync(file, 'utf8')),
    )
    .map(file => file.slice(root.length + 1))
  expect(readers).toEqual(['packages/event/src/clock.ts'])
})

test('what a run leaves at the root is not looked at by the checks: npm test passes after npm start', () => {
  const { includes } = JSON.parse(readFileSync(join(root, 'biome.json'), 'utf8')).files
  const left = readFileSync(join(root, '.gitignore'), 'utf8').matchAll(/^\/(.*)\/$/gm)
  for (const [, folder] of left) expect(includes).toContain(`!${folder}`)
})
