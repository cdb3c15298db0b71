// From measured lines to a table: the best of each engine's passes. `!` marks an answer unlike the first engine's.

const LOWEST = ['load_s', 'load_cpu_s', 'B_per_ev', 'peakB_per_ev', 'gc_max_ms']
const HIGHEST = ['ev_per_s', 'ev_per_cpu_s']

function best(lines) {
  const [first, ...others] = lines
  const found = structuredClone(first)
  for (const line of others) {
    for (const key of LOWEST) found[key] = Math.min(found[key], line[key])
    for (const key of HIGHEST) found[key] = Math.max(found[key], line[key])
    for (const key of ['min', 'cpu']) {
      for (const id in line[key]) found[key][id] = Math.min(found[key][id] ?? Number.POSITIVE_INFINITY, line[key][id])
    }
  }
  return found
}

function cell(line, id, reference) {
  if (line.min[id] === undefined) return line.err[id] === undefined ? '–' : 'error'
  const wall = +line.min[id].toPrecision(2)
  const cpu = +line.cpu[id].toPrecision(2)
  const both = Math.abs(cpu / wall - 1) > 0.3 && wall > 5 ? `${wall} [${cpu}]` : `${wall}`
  return line.chk[id] === reference.chk[id] ? both : `${both}!`
}

export function table(lines) {
  const engines = [...grouped(lines).values()].map(best)
  const reference = engines[0]
  const ids = Object.keys(reference.chk)
  const head = ['engine', 'ev/s', 'ev/cpu-s', 'B/ev', 'peak B/ev', 'gc max ms', ...ids]
  const rows = engines.map(line => [
    line.engine,
    `${Math.round(line.ev_per_s / 1e3)}k`,
    `${Math.round(line.ev_per_cpu_s / 1e3)}k`,
    line.B_per_ev,
    line.peakB_per_ev,
    line.gc_max_ms,
    ...ids.map(id => cell(line, id, reference)),
  ])
  return [
    `${reference.n} events of ${reference.file}; queries in ms: best wall time [CPU, where it differs]; ! unlike ${reference.engine}`,
    head,
    head.map(() => '---'),
    ...rows,
  ]
    .map(row => (Array.isArray(row) ? `| ${row.join(' | ')} |` : `${row}\n`))
    .join('\n')
}

function grouped(lines) {
  const groups = new Map()
  for (const line of lines) groups.set(line.engine, [...(groups.get(line.engine) ?? []), line])
  return groups
}
