// shared SQL for SQL peers; j(path) yields the column expression, dialect hooks for the rest
export const SQL = d => ({
  q1: `select type, count(*) from ev group by 1`,
  q2: d.p99
    ? `select ${d.min} as m, count(*), ${d.p99(d.c('execution_time'))} from ev where type='page_load' group by 1`
    : null,
  q3: `select ${d.c('url')} as u, count(*) as n, avg(${d.c('execution_time')}) from ev where hostname='dc1-web01' and ${d.has('url')} group by 1 order by 2 desc, 1 limit 10`,
  q4: `select md5, count(*) from ev where type='exception' and ${d.like(d.c('message'), 'timeout after 1')} group by 1`,
  q5: d.q5,
  q6: `select type, hostname, ${d.min} as m, count(*) from ev group by 1,2,3`,
  q7: `select count(*) from ev where ${d.c('execution_time')} > 3 and ${d.tag}`,
  q8: `select type, ${d.uniq ?? 'count(distinct '}${d.c('user_id')}) from ev where ${d.has('user_id')} group by 1`,
})
