import { eachLine, percentile as pct } from '../queries.mjs'

const minute = e => Math.floor(e.received_at / 60000)
export default class {
  name = 'naive array+for'
  load(p) {
    const a = (this.a = [])
    eachLine(p, (b, s, e) => {
      a.push(JSON.parse(b.latin1Slice ? b.utf8Slice(s, e) : b.toString('utf8', s, e)))
    })
    return a.length
  }
  query(id) {
    return this[id]()
  }
  q1() {
    const m = new Map()
    for (const e of this.a) m.set(e.type, (m.get(e.type) ?? 0) + 1)
    return [...m]
  }
  q2() {
    const m = new Map()
    for (const e of this.a)
      if (e.type === 'page_load') {
        const k = minute(e)
        let g = m.get(k)
        if (!g) m.set(k, (g = []))
        g.push(e.additional_info.execution_time)
      }
    return [...m].map(([k, g]) => [k, g.length, pct(Float64Array.from(g), 0.99)])
  }
  q3() {
    const m = new Map()
    for (const e of this.a)
      if (e.hostname === 'dc1-web01') {
        const u = e.additional_info.url
        if (u === undefined) continue
        let g = m.get(u)
        if (!g) m.set(u, (g = [0, 0, 0]))
        g[0]++
        const x = e.additional_info.execution_time
        if (x !== undefined) {
          g[1]++
          g[2] += x
        }
      }
    return [...m]
      .map(([u, g]) => [u, g[0], g[1] ? g[2] / g[1] : 0])
      .sort((x, y) => y[1] - x[1] || (x[0] < y[0] ? -1 : 1))
      .slice(0, 10)
  }
  q4() {
    const m = new Map()
    for (const e of this.a)
      if (e.type === 'exception' && e.additional_info.message.includes('timeout after 1'))
        m.set(e.md5, (m.get(e.md5) ?? 0) + 1)
    return [...m]
  }
  q5() {
    const o = []
    for (let i = this.a.length - 1; i >= 0 && o.length < 100; i--)
      if (this.a[i].additional_info.status >= 500) o.push([this.a[i]])
    return o
  }
  q6() {
    const m = new Map()
    for (const e of this.a) {
      const k = `${e.type}\0${e.hostname}\0${minute(e)}`
      m.set(k, (m.get(k) ?? 0) + 1)
    }
    return [...m].map(([k, v]) => {
      const [a, b, c] = k.split('\0')
      return [a, b, +c, v]
    })
  }
  q7() {
    const f = e => e.additional_info.execution_time > 3 && e.tags.includes('slow')
    let n = 0
    for (const e of this.a) if (f(e)) n++
    return [[n]]
  }
  q8() {
    const m = new Map()
    for (const e of this.a) {
      const u = e.additional_info.user_id
      if (u === undefined) continue
      let s = m.get(e.type)
      if (!s) m.set(e.type, (s = new Set()))
      s.add(u)
    }
    return [...m].map(([k, s]) => [k, s.size])
  }
}
