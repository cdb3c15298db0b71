import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { batchOf } from '@telltale/event'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type History, history } from './history.ts'

let path: string
let one: History
beforeAll(async () => {
  path = await mkdtemp(join(tmpdir(), 'sql-'))
  one = history({ path, keep: 'forever' })
  await one.start()
  await one.append(
    batchOf(
      [
        { type: 'a', x: 1 },
        { type: 'b', x: 'file(' },
      ],
      { hostname: 'h', receivedAt: 1.7e12 },
    ).batch,
  )
  await one.flush()
})
afterAll(async () => {
  await one.stop()
  await rm(path, { recursive: true, force: true })
})

test('a SELECT is answered, with names and types', async () => {
  const { columns, rows } = await one.sql(
    "SELECT type, additional_info.x AS x, 'file(' AS s FROM events ORDER BY seq; -- all",
  )
  expect(columns.map(column => column.name)).toEqual(['type', 'x', 's'])
  expect(rows.map(row => row.map(String))).toEqual([
    ['a', '1', 'file('],
    ['b', 'file(', 'file('],
  ])
})

test.each([
  "SELECT file('/etc/passwd')",
  "SELECT `file`('/etc/passwd')",
  "SELECT FiLe /* here */ ('/etc/passwd')",
  "SELECT * FROM view(SELECT file('/etc/passwd'))",
  'SELECT * FROM `/etc/passwd`',
  'SELECT * FROM "\\x2fetc/passwd"',
  'SELECT * FROM default.`/etc/passwd`',
  "SELECT * FROM '/etc/passwd'",
  "SELECT 1 INTO OUTFILE '/tmp/telltale-must-not-be'",
  "SELECT 1) INTO OUTFILE '/tmp/telltale-must-not-be' --",
  'SELECT 1) FORMAT Null; DROP TABLE events; --',
  'SELECT 1; DROP TABLE events',
  "SELECT * FROM url('http://127.0.0.1:1/')",
  "SELECT * FROM s3('http://127.0.0.1:1/a/b')",
  "SELECT * FROM remote('127.0.0.1:1', system.one)",
  "SELECT * FROM executable('id', 'TSV', 'a String')",
  'SELECT 1 SETTINGS readonly = 0',
  'INSERT INTO events (type) VALUES (1)',
  'DROP TABLE events',
  'SYSTEM SHUTDOWN',
  'KILL QUERY WHERE 1 ASYNC',
  'SELECT sum(number) FROM numbers(10) WHERE sleepEachRow(3)',
  "SELECT 'open",
])('%s is refused', async statement => {
  await expect(one.sql(statement)).rejects.toThrow()
  expect(await one.count()).toBe(2)
})
