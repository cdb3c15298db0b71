// The eight queries in words, and how the engines' answers are compared.
import fs from 'node:fs'

/** SQL engines take them from sql.mjs, the naive one has them by hand, telltale in its own language. */
export const QUERIES = {
  q1: 'count by type',
  q2: 'count, p99(execution_time) by minute where type = page_load',
  q3: 'top 10 url by count, avg(execution_time), where hostname = dc1-web01 and there is a url',
  q4: "count by md5 where type = exception and message contains 'timeout after 1'",
  q5: 'last 100 events where status >= 500',
  q6: 'count by type, hostname, minute',
  q7: "count where execution_time > 3 and tags include 'slow'",
  q8: 'distinct user_id by type',
}

/** Calls f(buffer, start, end) for every line of a file; the buffer is reused between blocks. */
export function eachLine(path, f, block = 1 << 20) {
  const fd = fs.openSync(path)
  const buffer = Buffer.allocUnsafe(block * 2)
  let have = 0
  for (;;) {
    const n = fs.readSync(fd, buffer, have, block, null)
    const end = have + n
    let start = 0
    for (;;) {
      const at = buffer.indexOf(10, start)
      if (at < 0 || at >= end) break
      f(buffer, start, at)
      start = at + 1
    }
    if (n === 0) {
      fs.closeSync(fd)
      return
    }
    buffer.copyWithin(0, start, end)
    have = end - start
  }
}

/** Exact nearest-rank percentile; sorts in place. */
export function percentile(values, p) {
  values.sort()
  return values[Math.max(0, Math.ceil(values.length * p) - 1)]
}

export function median(values) {
  return values.slice().sort((x, y) => x - y)[values.length >> 1]
}

const KEPT = {
  q2: row => [Number(row[0]), Number(row[1])],
  q3: row => [row[0], Number(row[1]), Number(row[2] ?? 0).toFixed(2)],
  q5: row => {
    const event = typeof row[0] === 'string' ? JSON.parse(row[0]) : row[0]
    return [event.type, Number(event.received_at), event.additional_info?.user_id ?? event.user_id]
  },
}

/** A checksum, whatever the order of rows, over what must be equal in all engines (so not over p99). */
export function checksum(id, rows) {
  const keep = KEPT[id] ?? (row => row.map(cell => (typeof cell === 'bigint' ? Number(cell) : cell)))
  const text = rows
    .map(row => JSON.stringify(keep(row)))
    .sort()
    .join('\n')
  let hash = 0
  for (let i = 0; i < text.length; i++) hash = (hash * 31 + text.charCodeAt(i)) | 0
  return `${rows.length}:${(hash >>> 0).toString(16)}`
}
