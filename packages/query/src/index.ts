/**
 * @telltale/query: the one query language. A tree, its text, its meaning. Runs in a browser; knows no store.
 * @module
 */
export type * from './partial.ts'
export type * from './tree.ts'
