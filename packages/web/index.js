/**
 * @telltale/web: the web interface as static files. Knows the server only through its API; runs no code on the server.
 * @module
 */
import { fileURLToPath } from 'node:url'

/** Absolute path of the folder to serve at `/`. Empty until `npm run build -w @telltale/web`. */
export const root = fileURLToPath(new URL('./dist', import.meta.url))
