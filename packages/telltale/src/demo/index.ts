/**
 * The demo: a small shop in production, and what goes wrong in it. The shop, its incidents and their schedule are
 * functions of a seed and of the time passed in; only the links and the leak touch the outside. It knows Telltale as any
 * client does, by its addresses, and imports nothing of the server.
 * @module
 */
export { demoCommand } from './command.ts'
export { type DemoOptions, demo } from './demo.ts'
export { incidentNamed } from './incidents/index.ts'
