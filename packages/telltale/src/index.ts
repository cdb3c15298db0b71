/**
 * telltale: what a configuration needs, from one place.
 * @module
 */

export { file, host, stdin, tcp, udp } from '@telltale/channels'
export type { ClassifyRule, Processor } from '@telltale/pipeline'
export { recent } from '@telltale/recent'
export { type House, type HouseOptions, openHouse } from '@telltale/server'
export { type Config, defineConfig } from './config.ts'
