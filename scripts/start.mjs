// npm start: install and build what is missing, then run Telltale in this very process. A young generation of at most 4 MB
// makes the longest collection of a large answer half as long, and costs intake nothing (bench/blocking.mjs, bench/ingest.mjs).
import { build, install } from './setup.mjs'

install()
build()
const { main } = await import('../packages/telltale/dist/main.js')
const given = process.argv.slice(2)
const command = given.length > 0 && !given[0].startsWith('-') ? [] : ['start']
await main([...command, ...given])
