/** Bytes an embedded engine may use where nothing else is said. */
export const ENGINE_MEMORY = 800_000_000

/** Seconds for which what was merged is kept: for longer than it takes to look whether the merged part is whole. */
export const OLD_PARTS = 120

/** What chDB is told at its start: small pools and caches, and a bound on memory. The library's own default is 0.9 of the machine. */
export function engineConfig(memory: number): string {
  const settings: Record<string, number> = {
    max_server_memory_usage: memory,
    mark_cache_size: Math.min(64 * MIB, Math.floor(memory / 10)),
    primary_index_cache_size: 32 * MIB,
    uncompressed_cache_size: 0,
    index_mark_cache_size: 8 * MIB,
    index_uncompressed_cache_size: 0,
    mmap_cache_size: 100,
    compiled_expression_cache_size: 8 * MIB,
    background_pool_size: 2,
    background_merges_mutations_concurrency_ratio: 1,
    background_move_pool_size: 1,
    background_fetches_pool_size: 1,
    background_common_pool_size: 2,
    background_schedule_pool_size: 2,
    background_buffer_flush_schedule_pool_size: 1,
    background_distributed_schedule_pool_size: 1,
    background_message_broker_schedule_pool_size: 1,
    max_io_thread_pool_size: 8,
    max_io_thread_pool_free_size: 0,
    tables_loader_foreground_pool_size: 2,
    tables_loader_background_pool_size: 1,
    max_thread_pool_free_size: 8,
    // No second merge begins while the first holds much: what comes in needs its part.
    merges_mutations_memory_usage_soft_limit: Math.floor(memory / 5),
  }
  // A merge reads all of a part's JSON paths at once: 30 MB a part for events of the usual shape, 75 with 64 mixed paths.
  const mergeTree: Record<string, number> = {
    max_parts_to_merge_at_once: Math.max(3, Math.floor(memory / 130_000_000)),
    min_columns_to_activate_adaptive_write_buffer: 1,
    adaptive_write_buffer_initial_size: 4096,
    // Here the engine's own default is to remove at once what was merged: then of a merge the disk left unwritten nothing is left.
    old_parts_lifetime: OLD_PARTS,
    // At its start it would remove parts that it takes for empty because it could not read their marks.
    remove_empty_parts: 0,
    number_of_free_entries_in_pool_to_lower_max_size_of_merge: 1,
    number_of_free_entries_in_pool_to_execute_mutation: 1,
    number_of_free_entries_in_pool_to_execute_optimize_entire_partition: 1,
  }
  return `<clickhouse>\n${xml(settings)}  <merge_tree>\n${xml(mergeTree)}  </merge_tree>\n</clickhouse>\n`
}

function xml(settings: Readonly<Record<string, number>>): string {
  return Object.entries(settings)
    .map(([key, value]) => `    <${key}>${value}</${key}>\n`)
    .join('')
}

const MIB = 1024 * 1024
