import { createRequire } from 'node:module'
import { dirname, join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { createJiti as CreateJiti, JitiOptions } from 'jiti'
import { isOurs } from './stray.ts'

const require = createRequire(import.meta.url)
const dist = join(dirname(require.resolve('jiti/package.json')), 'dist')

/** What jiti makes its public function of: who imports is given to it. */
const create = require(join(dist, 'jiti.cjs')) as (
  id: string,
  options: JitiOptions,
  engine: {
    onError(error: unknown): never
    nativeImport(id: string | URL): Promise<unknown>
    createRequire: typeof createRequire
  },
) => ReturnType<typeof CreateJiti>

/**
 * Runs a module as it is on disk now, with all that it imports except packages. Node never forgets an ES module that it has
 * imported itself, so the user's are kept from it: jiti then translates and runs them, as it does TypeScript.
 */
export async function loadFresh(file: string): Promise<object> {
  for (const known of Object.keys(require.cache)) if (!isKept(known)) delete require.cache[known]
  const jiti = create(
    import.meta.url,
    {
      moduleCache: false,
      fsCache: false,
      virtualModules: { telltale: await import('./index.ts') },
      transform: require(join(dist, 'babel.cjs')),
    },
    { onError: fail, nativeImport, createRequire },
  )
  return jiti.import<object>(file).catch(error => {
    // jiti looks at what is exported by default without asking whether it is anything.
    if (error instanceof TypeError && /of null \(reading 'then'\)/.test(error.message)) return { default: null }
    throw error
  })
}

async function nativeImport(id: string | URL): Promise<unknown> {
  const name = String(id)
  if (name.startsWith('node:') || name.startsWith('data:')) return import(name)
  const file = name.startsWith('file:') ? fileURLToPath(name) : name
  if (file.startsWith(sep) && !isKept(file)) throw new Error(`${file} is to be translated`)
  return import(name)
}

/** Whether a file is one of a package's, which do not change while we run. */
function isKept(file: string): boolean {
  return file.includes(`${sep}node_modules${sep}`) || isOurs(file)
}

function fail(error: unknown): never {
  throw error
}
