// node gen.mjs <count> <out.ndjson> [seed]   realistic event NDJSON (sfc32 PRNG, zipf everything)
import crypto from 'node:crypto'
import fs from 'node:fs'

const N = +process.argv[2] || 1e6,
  OUT = process.argv[3] || 'ev.ndjson'
let a = 0x9e3779b9,
  b = 0x243f6a88,
  c = 0xb7e15162,
  d = (+process.argv[4] || 1) | 0
const u32 = () => {
  const t = (((a + b) | 0) + d) | 0
  d = (d + 1) | 0
  a = b ^ (b >>> 9)
  b = (c + (c << 3)) | 0
  c = (((c << 21) | (c >>> 11)) + t) | 0
  return t >>> 0
}
for (let i = 0; i < 20; i++) u32()
const r = () => u32() / 4294967296,
  ri = n => (r() * n) | 0,
  pick = x => x[ri(x.length)]
const gauss = () => Math.sqrt(-2 * Math.log(1 - r())) * Math.cos(6.283185307 * r())
const lognorm = (m, s) => +Math.exp(Math.log(m) + s * gauss()).toFixed(5)
function cdf(w) {
  let s = 0
  const o = w.map(x => (s += x))
  return o.map(x => x / s)
}
function sampler(w) {
  const cs = cdf(w)
  return () => {
    const x = r()
    let lo = 0,
      hi = cs.length - 1
    while (lo < hi) {
      const m = (lo + hi) >> 1
      if (cs[m] < x) lo = m + 1
      else hi = m
    }
    return lo
  }
}
const zipf = (n, s = 1) => sampler([...Array(n)].map((_, i) => 1 / (i + 1) ** s))
const hex = n => {
  let s = ''
  while (s.length < n) s += u32().toString(16).padStart(8, '0')
  return s.slice(0, n)
}
const md5 = s => crypto.createHash('md5').update(s).digest('hex')
const words =
  'account order cart user session profile invoice search item report export admin login photo comment tag feed queue worker cache index token audit price stock ship refund coupon review vendor'.split(
    ' ',
  )
const hosts = [...Array(40)].map((_, i) => `dc${i % 3}-web${String(i).padStart(2, '0')}`)
hosts[1] = 'dc1-web01'
const hostZ = zipf(40, 0.4)
const urls = [...Array(500)].map(
    (_, i) => `/${pick(words)}/${pick(words)}${i % 3 ? `/${i}` : ''}${i % 7 ? '' : `?page=${ri(50)}`}`,
  ),
  urlZ = zipf(500, 1.05)
const urlMd5 = urls.map(u => md5(`page_load${u}`))
const sqls = [...Array(120)].map(
    () =>
      `SELECT ${pick(words)}_id, ${pick(words)}, ${pick(words)} FROM ${pick(words)}s WHERE ${pick(words)}_id = ? ORDER BY ${pick(words)} LIMIT ${ri(9) * 10 + 10}`,
  ),
  sqlZ = zipf(120)
const sqlMd5 = sqls.map(s => md5(`db_query${s}`))
const classes = [
  'TimeoutError',
  'ActiveRecord::ConnectionTimeout',
  'NoMethodError',
  'KeyError',
  'Net::ReadTimeout',
  'JSON::ParserError',
  'PermissionDenied',
  'OutOfStock',
]
const exc = [...Array(150)].map(() => {
    const k = pick(classes)
    return {
      k,
      w: [pick(words), pick(words)],
      f: ri(5),
      bt: [...Array(14)]
        .map(
          () =>
            `/srv/app/lib/${pick(words)}/${pick(words)}_${pick(words)}.rb:${ri(900)}:in \`${pick(words)}_${pick(words)}'`,
        )
        .join('\n'),
    }
  }),
  excZ = zipf(150)
for (const e of exc) e.md5 = md5(e.k + e.bt)
const excMsg = e =>
  [
    () => `timeout after ${ri(30000)} ms waiting for ${e.w[0]} ${ri(1e6)}`,
    () => `undefined method '${e.w[0]}' for #<${e.w[1]}:0x${hex(12)}>`,
    () => `could not obtain ${e.w[0]} connection within ${ri(30)} sec`,
    () => `key not found: "${e.w[0]}_${ri(5000)}" in ${e.w[1]}`,
    () => `${e.w[0]} ${hex(8)} denied for user ${ri(200000)} — retry`,
  ][e.f]()
const userZ = () => (200000 * r() ** 2.2) | 0
const agents = [...Array(60)].map(
    (_, i) => `Mozilla/5.0 (${pick(['X11; Linux', 'iPhone', 'Windows NT 10', 'Macintosh'])}) v${i}`,
  ),
  agentZ = zipf(60)
const TT = ['page_load', 'db_query', 'cache_miss', 'job_done', 'exception', 'http_404', 'login', 'gc_pause', 'deploy'],
  typeS = sampler([45, 22, 12, 7, 5, 4, 3, 1.95, 0.05])
let t = Date.UTC(2026, 10, 20)
const mk = () => {
  t += -Math.log(1 - r()) * 3.6
  const type = TT[typeS()],
    e = { type, hostname: hosts[hostZ()], received_at: Math.floor(t), tags: [], md5: '', additional_info: null }
  let u, q, x
  switch (type) {
    case 'page_load':
      u = urlZ()
      q = lognorm(0.25, 1.3)
      e.md5 = urlMd5[u]
      e.tags.push('performance', 'web')
      if (q > 2) e.tags.push('slow')
      if (r() < 0.3) e.tags.push('mobile')
      e.additional_info = {
        url: urls[u],
        execution_time: q,
        db_time: +(q * r()).toFixed(5),
        status: (x = r()) < 0.93 ? 200 : x < 0.96 ? 302 : x < 0.985 ? 404 : x < 0.995 ? 500 : 503,
        user_id: userZ(),
        method: r() < 0.8 ? 'GET' : 'POST',
        bytes: ri(90000),
        request_id: hex(16),
      }
      break
    case 'db_query':
      u = sqlZ()
      e.md5 = sqlMd5[u]
      e.tags.push('db')
      q = lognorm(0.02, 1.5)
      if (q > 1) e.tags.push('slow')
      e.additional_info = {
        sql: sqls[u],
        execution_time: q,
        rows: ri(r() < 0.9 ? 50 : 5000),
        cached: r() < 0.2,
        pool: { size: 20, busy: ri(20) },
      }
      break
    case 'cache_miss':
      u = ri(40)
      e.md5 = md5(type + u)
      e.tags.push('cache')
      e.additional_info = { key: `${words[u % 30]}:${ri(1e6)}`, size: ri(1e5), backend: `redis-${ri(6)}` }
      break
    case 'job_done':
      u = ri(30)
      e.md5 = md5(type + u)
      e.tags.push('jobs')
      e.additional_info = {
        job: `${words[u]}_job`,
        queue: pick(['default', 'mailers', 'low']),
        execution_time: lognorm(1.2, 1),
        attempts: 1 + (r() < 0.1 ? ri(5) : 0),
        args: [ri(1e6), words[u]],
      }
      break
    case 'exception':
      x = exc[excZ()]
      e.md5 = x.md5
      e.tags.push('error', pick(['web', 'jobs']))
      e.additional_info = {
        exception_class: x.k,
        message: excMsg(x),
        backtrace: r() < 0.85 ? x.bt : `${x.bt}\n0x${hex(12)}`,
        url: urls[urlZ()],
        user_id: userZ(),
        status: 500,
      }
      break
    case 'http_404':
      u = ri(3000)
      e.md5 = md5(type)
      e.tags.push('web')
      e.additional_info = {
        url: r() < 0.5 ? urls[urlZ()] : `/wp-${hex(4)}.php`,
        status: 404,
        ip: `10.${ri(256)}.${ri(256)}.${ri(256)}`,
        user_agent: agents[agentZ()],
      }
      break
    case 'login':
      e.md5 = md5(type)
      e.tags.push('auth')
      e.additional_info = {
        user_id: userZ(),
        ok: r() < 0.95,
        method: pick(['password', 'sso', 'token']),
        user_agent: agents[agentZ()],
        referrer: r() < 0.5 ? null : urls[urlZ()],
      }
      break
    case 'gc_pause':
      e.md5 = md5(type)
      e.tags.push('runtime')
      e.additional_info = { execution_time: lognorm(0.05, 0.8), heap: { used: ri(1e9), total: 1 << 30 }, gen: ri(3) }
      break
    default:
      e.md5 = md5(type)
      e.tags.push('ops')
      e.additional_info = { version: `v${ri(300)}`, by: pick(words), status: r() < 0.9 ? 'ok' : 'failed' }
  }
  return e
}
const fd = fs.openSync(OUT, 'w')
let buf = '',
  n = 0
for (let i = 0; i < N; i++) {
  buf += `${JSON.stringify(mk())}\n`
  if (buf.length > 1 << 22) {
    n += fs.writeSync(fd, buf)
    buf = ''
  }
}
n += fs.writeSync(fd, buf)
console.error(OUT, N, 'events', (n / N).toFixed(1), 'B avg')
