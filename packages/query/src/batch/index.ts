/**
 * @telltale/query/batch: conditions and expressions of a query over the rows of a batch, column by column: once per
 * distinct value where they can, and never by making an object of an event where that can be avoided. It keeps nothing
 * and knows no store. Apart from the rest of the language because batches live in Node only.
 * @module
 */
export { BatchRows, cellValue } from './rows.ts'
export { everyRow, type Selector, type Sieve, selector, sieve } from './select.ts'
