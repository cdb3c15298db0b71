// npm start: install and build what is missing, then run Telltale in this very process.
import { build, install } from './setup.mjs'

install()
build()
const { main } = await import('../packages/telltale/dist/main.js')
const given = process.argv.slice(2)
const command = given.length > 0 && !given[0].startsWith('-') ? [] : ['start']
await main([...command, ...given])
