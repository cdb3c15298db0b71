// DuckDB in memory, flattened typed columns declared ahead (schema known: the best case)
import { createRequire } from 'node:module'
import { SQL } from '../sql.mjs'

const { DuckDBInstance } = createRequire(new URL('../peers/', import.meta.url))('@duckdb/node-api')
const d = {
  c: k => k,
  has: k => `${k} is not null`,
  min: 'received_at//60000',
  like: (x, s) => `contains(${x}, '${s}')`,
  tag: `list_contains(tags,'slow')`,
  p99: x => `quantile_disc(${x}, 0.99)`,
  q5: `select to_json(x)::varchar from (select * from ev where status>=500 order by rowid desc limit 100) x`,
}
export default class {
  name = 'duckdb typed cols'
  async open() {
    this.c = await (await DuckDBInstance.create(':memory:')).connect()
    await this.c.run('set threads=2')
  }
  async load(p) {
    await this.c.run(
      `create table ev as select type,hostname,received_at,tags,md5, ai.* replace (try_cast(ai.status as INT) as status) from (select type,hostname,received_at,tags,md5,additional_info ai from read_json('${p}', format='newline_delimited', columns={type:'VARCHAR',hostname:'VARCHAR',received_at:'BIGINT',tags:'VARCHAR[]',md5:'VARCHAR',additional_info:'STRUCT(url VARCHAR,execution_time DOUBLE,db_time DOUBLE,status VARCHAR,user_id INT,method VARCHAR,bytes INT,request_id VARCHAR,"sql" VARCHAR,"rows" INT,cached BOOLEAN,pool JSON,"key" VARCHAR,size INT,backend VARCHAR,job VARCHAR,queue VARCHAR,attempts INT,args JSON,exception_class VARCHAR,message VARCHAR,backtrace VARCHAR,ip VARCHAR,user_agent VARCHAR,ok BOOLEAN,referrer VARCHAR,heap JSON,gen INT,version VARCHAR,"by" VARCHAR)'}))`,
    )
    return Number((await (await this.c.runAndReadAll('select count(*) from ev')).getRows())[0][0])
  }
  async query(id) {
    return (await this.c.runAndReadAll(SQL(d)[id])).getRows()
  }
}
