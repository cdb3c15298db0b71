import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { parentPort, workerData } from 'node:worker_threads'
import { Random } from '../packages/query/src/seeded.ts'
import { minimised } from './minimise.ts'
import { seedOf } from './mutate.ts'
import { targets } from './targets.ts'

/** What run.mjs asks for. */
interface Order {
  target: string
  seed: number
  /** The first case and how many; or the one input to reduce. */
  first: number
  cases: number
  /** ms of wall time. */
  ms: number
  /** [0] the case being run, [1] how many are done, [2] bytes of its input, [3] how often something was tried beside. */
  shared: SharedArrayBuffer
  /** The input of the case being run: it must be known where the case never ends. */
  current: SharedArrayBuffer
  /** Only run this input once: a trial of run.mjs. */
  input?: Uint8Array
}

// Most cases end in an error, and a long stack costs more than the rest of it.
Error.stackTraceLimit = 5
setFlagsFromString('--expose-gc')
const gc = runInNewContext('gc') as () => void
const { target: name, seed, first, cases, ms, shared, current, input } = workerData as Order
const progress = new Float64Array(shared)
const running = new Uint8Array(current)
const target = targets.find(each => each.name === name)!

function held(): number {
  gc()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

/** How often in a run it is looked at what is held. */
const SAMPLES = 20

async function failure(bytes: Buffer): Promise<string | undefined> {
  try {
    const run = target.run(bytes)
    if (run !== undefined) await run
    return undefined
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error)
  }
}

/** Progress too: making an input small is no hang. */
function tried(bytes: Buffer): Promise<string | undefined> {
  progress[3]!++
  return failure(bytes)
}

async function campaign(): Promise<void> {
  const started = performance.now()
  const samples: number[] = []
  let done = 0
  let failures = 0
  for (; done < cases && performance.now() - started < ms; done++) {
    progress[0] = first + done
    progress[1] = done
    const bytes = target.make(new Random(seedOf(seed, first + done)))
    progress[2] = Math.min(bytes.length, running.length)
    running.set(bytes.subarray(0, running.length))
    const why = await failure(bytes)
    if (why !== undefined && ++failures <= 5) {
      const small = await minimised(bytes, tried, why)
      parentPort!.postMessage({ kind: 'failure', case: first + done, why, input: bytes, small })
    }
    const share = Math.max(done / cases, (performance.now() - started) / ms)
    if (share * SAMPLES >= samples.length + 1) samples.push(held())
    // Timers and finished streams have their turn.
    if (done % 256 === 255) await new Promise(resolve => setImmediate(resolve))
  }
  progress[1] = done
  await target.close?.()
  parentPort!.postMessage({ kind: 'done', done, failures, samples: [...samples, held()] })
}

await target.open?.()
if (input !== undefined) parentPort!.postMessage({ kind: 'tried', why: await failure(Buffer.from(input)) })
else await campaign()
process.exit(0)
