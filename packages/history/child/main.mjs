/**
 * The process that holds chDB. It runs the SQL it is told to and nothing else; everything that is decided is decided by
 * its parent. It is plain JavaScript so that it starts the same from sources and from a build.
 *
 * A crash inside the library hangs instead of exiting, so the parent listens for its beat and kills it; and it kills
 * itself where the parent is gone or silent, because its own exit may hang too.
 */
const [path, config, sizes] = process.argv.slice(2)
const BEAT = 500
const PARENT_SILENT = 120_000

const die = () => process.kill(process.pid, 'SIGKILL')
const tell = message => {
  if (process.connected) process.send(message, error => error && die())
  else die()
}
const dieTelling = message => {
  tell(message)
  setTimeout(die, 1000)
}

/** Beats since the parent was heard: not time, which a stopped process or a clock that jumps would have too much of. */
let silent = 0
process.on('disconnect', die)
process.on('uncaughtException', error => {
  process.stderr.write(`history engine: ${error?.stack ?? error}\n`)
  die()
})
setInterval(() => {
  if (++silent * BEAT > PARENT_SILENT) die()
  tell({ kind: 'beat' })
}, BEAT)

/** Sessions by pool and slot; the parent gives each one thing at a time. */
const pools = {}

async function open() {
  let chdb
  try {
    chdb = await import('chdb')
  } catch (error) {
    return dieTelling({ kind: 'unavailable', reason: String(error?.message ?? error) })
  }
  try {
    for (const [pool, size] of Object.entries(JSON.parse(sizes)))
      pools[pool] = Array.from(
        { length: size },
        () => new chdb.Session(path, { connectionArgs: [`--config-file=${config}`] }),
      )
    tell({ kind: 'ready' })
  } catch (error) {
    dieTelling({ kind: 'broken', reason: String(error?.message ?? error) })
  }
}

/**
 * What a query had written before it failed stands at the head of the session's next answer. It is taken off here, and
 * nothing else may run on the session before it is gone.
 */
async function drain(session) {
  for (let tries = 0; tries < 3; tries++) {
    const left = await session.queryAsync('SELECT 1', { format: 'TSVRaw' }).catch(() => undefined)
    if (left?.text() === '1\n') return
  }
  die()
}

async function run({ id, pool, slot, sql, format }) {
  try {
    const result = await pools[pool][slot].queryAsync(sql, { format })
    tell({ kind: 'done', id, bytes: Buffer.from(result.bytes()) })
  } catch (error) {
    const message = String(error?.message ?? error)
    await drain(pools[pool][slot])
    tell({ kind: 'failed', id, code: Number(/Code: (\d+)/.exec(message)?.[1] ?? 0), message })
  }
}

process.on('message', message => {
  silent = 0
  if (message.kind === 'run') run(message)
  if (message.kind === 'close') {
    for (const session of Object.values(pools).flat()) session.close()
    tell({ kind: 'closed' })
  }
})
await open()
