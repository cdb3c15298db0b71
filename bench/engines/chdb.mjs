// chdb (embedded ClickHouse). ENG=Memory|MergeTree, COL=JSON|typed via env
import fs from 'node:fs'
import { createRequire } from 'node:module'
import os from 'node:os'
import { SQL } from '../sql.mjs'

const { Session } = createRequire(new URL('../peers/', import.meta.url))('chdb'),
  ENG = process.env.ENG ?? 'MergeTree'
const T = { execution_time: '.:Float64', user_id: '.:Int64', url: '.:String', message: '.:String' }
const d = {
  c: k => `additional_info.${k}${T[k] ?? ''}`,
  has: k => `additional_info.${k} is not null`,
  min: 'intDiv(received_at,60000)',
  like: (x, s) => `position(assumeNotNull(${x}), '${s}')>0`,
  tag: `has(tags,'slow')`,
  p99: x => `quantileExactHigh(0.99)(${x})`,
  uniq: 'uniqExact(',
}
d.q5 = `select toJSONString(map('type',type)) , received_at, toString(additional_info) from ev where additional_info.status.:Int64>=500 order by received_at desc limit 100`
export default class {
  name = `chdb ${ENG} JSON col`
  open() {
    this.dir = fs.mkdtempSync(`${os.tmpdir()}/recent-chdb-`)
    this.s = new Session(this.dir)
    this.s.query('create database if not exists x')
  }
  load(p) {
    this.s.query(
      `create table x.ev (type LowCardinality(String), hostname LowCardinality(String), received_at UInt64, tags Array(LowCardinality(String)), md5 String, additional_info JSON) engine=${ENG === 'Memory' ? 'Memory' : 'MergeTree order by received_at'}`,
    )
    this.s.query(
      `insert into x.ev select * from file('${p}', JSONEachRow, 'type String, hostname String, received_at UInt64, tags Array(String), md5 String, additional_info JSON')`,
    )
    return +this.s.query('select count() from x.ev', 'CSV')
  }
  query(id) {
    const r = this.s.query(SQL(d)[id].replaceAll(' ev ', ' x.ev '), 'JSONCompactEachRow')
    const rows = r
      .trim()
      .split('\n')
      .map(x => JSON.parse(x))
    return id === 'q5'
      ? rows.map(x => [{ type: JSON.parse(x[0]).type, received_at: +x[1], additional_info: JSON.parse(x[2]) }])
      : rows.map(r => r.map((v, _i) => (typeof v === 'string' && /^\d+$/.test(v) ? +v : v)))
  }
  close() {
    this.s.cleanup?.()
    fs.rmSync(this.dir, { recursive: true, force: true })
  }
}
