import { type Config, defineConfig } from 'telltale'

/** The configuration that makes the demo's stories come true: telltale start --config telltale.config.ts */
const config: Config = defineConfig({
  classify: [
    // They look like exceptions, but they are 404s. The shop stays as it is; only its events get a better name.
    { when: 'type = exception and message ~ "*parse-query-string*"', set: { type: '404' }, tag: 'was_exception' },
    // One kind of exception deserves a type of its own, so that a rule can watch it.
    { when: 'type = exception and message ~ "could not obtain database connection*"', set: { type: 'db_timeout' } },
    // A tag where the type should stay what it is: "type = page_load" still asks for all of them.
    { when: 'type = page_load and execution_time > 1', tag: 'slow' },
    { when: 'type = page_load and url = "http://mysite.com/"', tag: 'landing' },
    { when: 'type = log and message ~ "*Too many open files*"', tag: 'exhausted' },
  ],
  calculate: {
    heap_used_percent: event => percent(event['heap_used'], event['heap_max']),
    open_files_percent: event => percent(event['open_files'], event['max_files']),
    pool_busy_percent: event => percent(event['busy'], event['size']),
  },
})
export default config

/** Undefined where either is missing: nothing is added to such an event. */
function percent(part: unknown, whole: unknown): number | undefined {
  return typeof part === 'number' && typeof whole === 'number' && whole > 0 ? (100 * part) / whole : undefined
}
