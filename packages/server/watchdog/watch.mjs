/**
 * The thread beside the main one that notices when that no longer turns. It counts its own seconds: while the process is
 * stopped or the machine asleep it counts none. It is plain JavaScript so that it starts the same from sources and from a build.
 */
import { writeSync } from 'node:fs'
import { Session } from 'node:inspector'
import { workerData } from 'node:worker_threads'

const { beats, warns, ends } = workerData
let seen = Atomics.load(beats, 0)
let still = 0
let looked = performance.now()

const say = words => {
  try {
    writeSync(2, `telltale: ${words}\n`)
  } catch {
    // nobody listens
  }
}

/** Asks the main thread's debugger where it is; that also answers in the midst of a loop, but not in the midst of native code. */
function whereabouts() {
  const session = new Session()
  session.connectToMainThread()
  const urls = new Map()
  session.on('Debugger.scriptParsed', ({ params: { scriptId, url } }) => urls.set(scriptId, url))
  session.once('Debugger.paused', ({ params: { callFrames } }) => {
    const frames = callFrames.slice(0, 8).map(({ functionName, location }) => {
      const file = (urls.get(location.scriptId) ?? '').replace(/^file:\/\//, '')
      return `\n    at ${functionName || 'a function'} (${file}:${location.lineNumber + 1})`
    })
    say(`it is here:${frames.join('')}`)
    session.post('Debugger.resume')
    session.post('Debugger.disable', () => session.disconnect())
  })
  session.post('Debugger.enable')
  session.post('Debugger.pause')
}

setInterval(() => {
  const now = Atomics.load(beats, 0)
  const late = performance.now() - looked > 1500
  looked = performance.now()
  // Where this thread was held up, so was the main one: it has had no second of its own.
  if (late && now === seen) return
  still = now === seen ? still + 1 : 0
  seen = now
  if (still === warns) {
    say(`the main thread has not turned for ${warns} s; it is ended after ${ends} s`)
    whereabouts()
  }
  if (still < ends) return
  say(
    `the main thread has not turned for ${ends} s: ended, to be started again. What was acknowledged is in the journal`,
  )
  process.kill(process.pid, 'SIGKILL')
}, 1000)
