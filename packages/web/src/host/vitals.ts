import { literalOf } from '../ask/clause.ts'

/** A panel of the host page: a query, and how its answer is drawn. */
export interface Vital {
  readonly title: string
  /** What a person looks for here. */
  readonly note: string
  readonly kind: 'graph' | 'table'
  readonly unit: 'percent' | 'bytes' | 'bytes/s' | ''
  /** @param host the hostname @param step a duration, `10s` */
  query(host: string, step: string): string
  /** Table: only the last minute counts, whatever range is chosen. */
  readonly now?: boolean
}

const of = (type: string, host: string) => `type = ${type} and hostname = ${literalOf(host)}`

/** `fn(field) as field` for several fields. */
const each = (fn: string, fields: Readonly<Record<string, string>>) =>
  Object.entries(fields)
    .map(([name, field]) => `${fn}(${field}) as ${name}`)
    .join(', ')

export const VITALS: readonly Vital[] = [
  {
    title: 'Processor',
    note: 'all cores together',
    kind: 'graph',
    unit: 'percent',
    query: (host, step) =>
      `${of('host_cpu', host)} | ${each('avg', { user: 'user_percent', system: 'system_percent', iowait: 'iowait_percent', steal: 'steal_percent' })} by ${step}`,
  },
  {
    title: 'Load',
    note: 'processes that run or wait to',
    kind: 'graph',
    unit: '',
    query: (host, step) =>
      `${of('host_cpu', host)} | ${each('avg', { load1: 'load1', load5: 'load5', load15: 'load15', cores: 'cores' })} by ${step}`,
  },
  {
    title: 'Memory',
    note: 'used is what could not be freed',
    kind: 'graph',
    unit: 'bytes',
    query: (host, step) =>
      `${of('host_memory', host)} | ${each('avg', { total: 'total_bytes', used: 'used_bytes', cached: 'cached_bytes', swap: 'swap_used_bytes' })} by ${step}`,
  },
  {
    title: 'Disks',
    note: 'how full, by mount',
    kind: 'graph',
    unit: 'percent',
    query: (host, step) => `${of('host_disk', host)} | max(percent) as full by mount, ${step}`,
  },
  {
    title: 'Network',
    note: 'by interface',
    kind: 'graph',
    unit: 'bytes/s',
    query: (host, step) =>
      `${of('host_network', host)} | ${each('avg', { received: 'received_bytes_per_second', sent: 'sent_bytes_per_second' })} by interface, ${step}`,
  },
  {
    title: 'Open files',
    note: 'file descriptors of the whole system',
    kind: 'graph',
    unit: '',
    query: (host, step) => `${of('host_files', host)} | max(open) as open by ${step}`,
  },
  {
    title: 'Sockets by state',
    note: 'close_wait or udp that only climbs is a leak',
    kind: 'graph',
    unit: '',
    query: (host, step) =>
      `${of('host_sockets', host)} | ${each('max', { established: 'established', listen: 'listen', time_wait: 'time_wait', close_wait: 'close_wait', syn_sent: 'syn_sent', udp: 'udp' })} by ${step}`,
  },
  {
    title: 'Sockets by owner',
    note: 'the processes that hold most',
    kind: 'graph',
    unit: '',
    query: (host, step) => `${of('host_process_sockets', host)} | max(sockets) as sockets by process, pid, ${step}`,
  },
  {
    title: 'Telltale itself',
    note: 'memory of its process',
    kind: 'graph',
    unit: 'bytes',
    query: (host, step) =>
      `${of('telltale_health', host)} | ${each('max', { resident: 'rss_bytes', heap: 'heap_used_bytes' })} by ${step}`,
  },
  {
    title: 'Who holds the sockets',
    note: 'now',
    kind: 'table',
    unit: '',
    now: true,
    query: host =>
      `${of('host_process_sockets', host)} | ${each('last', { sockets: 'sockets', udp: 'udp', established: 'established', close_wait: 'close_wait', listen: 'listen', open_files: 'open_files' })} by process, pid | sort sockets desc | limit 12`,
  },
  {
    title: 'Busiest processes',
    note: 'now; 100 % is one core',
    kind: 'table',
    unit: '',
    now: true,
    query: host =>
      `${of('host_process', host)} | ${each('last', { cpu_percent: 'cpu_percent', memory_percent: 'memory_percent', threads: 'threads', open_files: 'open_files', files_percent: 'open_files_percent' })} by process, pid | sort cpu_percent desc | limit 12`,
  },
]
