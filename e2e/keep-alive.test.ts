import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { keepAlives } from '../packages/channels/test/keep-alive.ts'
import { eventually, start } from './program.ts'

test.skipIf(process.platform !== 'linux')(
  'a peer that lost its power takes no connection for good: the system asks after it, over HTTP and TCP',
  async () => {
    const program = await start({})
    try {
      for (const port of [program.port, program.port + 2]) {
        const silent = connect(port, '127.0.0.1')
        await once(silent, 'connect')
        // Canaries come by as well: what has something under way has another timer for the moment.
        const asked = (all: (number | undefined)[]): boolean =>
          all.length > 0 && all.every(seconds => seconds !== undefined && seconds <= 60)
        expect(await eventually(() => keepAlives(port), asked)).not.toEqual([])
        silent.destroy()
      }
    } finally {
      await program.stop()
    }
  },
  60_000,
)
