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
  }
  const lines = Object.entries(settings).map(([key, value]) => `  <${key}>${value}</${key}>`)
  const mergeTree = [
    '    <number_of_free_entries_in_pool_to_lower_max_size_of_merge>1</number_of_free_entries_in_pool_to_lower_max_size_of_merge>',
    '    <number_of_free_entries_in_pool_to_execute_mutation>1</number_of_free_entries_in_pool_to_execute_mutation>',
    '    <number_of_free_entries_in_pool_to_execute_optimize_entire_partition>1</number_of_free_entries_in_pool_to_execute_optimize_entire_partition>',
  ]
  return `<clickhouse>\n${lines.join('\n')}\n  <merge_tree>\n${mergeTree.join('\n')}\n  </merge_tree>\n</clickhouse>\n`
}

const MIB = 1024 * 1024
