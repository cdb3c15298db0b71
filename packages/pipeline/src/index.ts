/**
 * @telltale/pipeline: what happens to events between a channel and the stores: validate, classify, process, calculate,
 * journal, broadcast. It knows no protocol and no store.
 * @module
 */
export type * from './intake.ts'
