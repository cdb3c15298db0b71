/// <reference types="vite/client" />
import { readScript } from '@telltale/query/conformance'

const scripts = import.meta.glob<string>('../conformance/*.test', { query: '?raw', import: 'default', eager: true })
let all: readonly string[] | undefined

/** Every query of the conformance scripts, and every text there that is none. */
export function texts(): readonly string[] {
  all ??= Object.values(scripts).flatMap(script => {
    const { cases, errors } = readScript(script)
    return [...cases, ...errors].map(({ text }) => text)
  })
  return all
}
