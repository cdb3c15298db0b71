/**
 * @telltale/server: the outside over HTTP, WebSocket and SSE, who may do what, and the house, where all parts are wired.
 * @module
 */
export { type Answer, Asker } from './ask.ts'
export type { Role, Tokens } from './auth.ts'
export { type House, type HouseOptions, openHouse } from './house.ts'
export { Live, type LiveOptions, type Outgoing } from './live.ts'
export { type ServerOptions, server } from './server.ts'
export { SETTINGS, settings } from './settings.ts'
