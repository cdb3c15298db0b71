import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { nextChange, tables } from './aim.ts'
import { freeze } from './disk.ts'
import type { Life, Victim } from './life.ts'
import { rotPart } from './part.ts'
import { cutPower } from './power.ts'
import { damageTail, rotSegment, waitingIn } from './tail.ts'

/** One thing that goes wrong. It puts right again what it broke outside the program, and nothing inside. */
export interface Fault {
  readonly name: string
  readonly weight: number
  /** What this machine must allow. */
  readonly needs?: 'disk' | 'shim' | 'both'
  act(life: Life): Promise<void>
}

const DAY = 86_400_000
const VICTIMS: readonly Victim[] = ['main', 'engine', 'engine', 'both']

/** At any moment of a running program's life. */
const moment = (life: Life, most = 400): Promise<void> => sleep(life.random.int(0, most))

const kill: Fault = {
  name: 'kill',
  weight: 30,
  async act(life) {
    await moment(life)
    await life.kill(life.random.pick(VICTIMS))
  },
}

const aimedKill: Fault = {
  name: 'aimed kill',
  weight: 30,
  async act(life) {
    const { random } = life
    const changed = await nextChange(life.data, random.pick(['journal', 'parts']), 1500)
    if (random.oneIn(2)) await sleep(random.int(0, 4))
    life.note(`aimed at ${changed}`)
    await life.kill(random.pick(VICTIMS))
  },
}

/** Killed again and again before it is ready. */
const killAtStart: Fault = {
  name: 'kill at start',
  weight: 15,
  async act(life) {
    const { random } = life
    await life.kill(random.pick(['main', 'both']))
    for (let times = random.int(1, 3); times > 0; times--) {
      const program = life.launch()
      const soon = sleep(random.int(0, 1500))
      await Promise.race([soon, program.ready, program.gone])
      life.kills.start++
      await life.kill(random.pick(['main', 'both']))
    }
  },
}

const stop: Fault = {
  name: 'SIGTERM',
  weight: 4,
  async act(life) {
    await moment(life)
    await life.stop()
  },
}

const suspend: Fault = {
  name: 'SIGSTOP',
  weight: 8,
  async act(life) {
    const { random } = life
    await moment(life)
    await life.suspend(random.pick(['main', 'engine']), random.int(10, 1000))
    if (random.oneIn(3)) await life.kill(random.pick(VICTIMS))
  },
}

/** Stopped for so long that it counts as hung. */
const hang: Fault = {
  name: 'engine hangs',
  weight: 0.3,
  async act(life) {
    await life.suspend('engine', 14_000)
  },
}

const diskFull: Fault = {
  name: 'disk full',
  weight: 8,
  needs: 'disk',
  async act(life) {
    const { random, setting } = life
    await moment(life)
    const left = random.pick([0, 4096, random.int(0, 1 << 20)])
    life.note(`disk full but for ${left} bytes`)
    setting.disk.fill(left)
    try {
      await moment(life, 1500)
      await hurt(life)
    } finally {
      setting.disk.free()
      life.note('disk free')
    }
  },
}

/** Folders in which nothing can be made, renamed or removed. */
const frozen: Fault = {
  name: 'read-only folder',
  weight: 6,
  needs: 'disk',
  async act(life) {
    const { random } = life
    await moment(life)
    const folder = random.pick([join(life.data, 'journal'), ...tables(life.data)])
    if (!freeze(folder, true)) return life.note('chattr +i is not to be had')
    life.note(`read-only: ${folder}`)
    try {
      await moment(life, 1500)
      await hurt(life)
    } finally {
      freeze(folder, false)
      life.note('writable')
    }
  },
}

/** The whole disk is read-only while it starts. */
const readOnlyStart: Fault = {
  name: 'read-only start',
  weight: 2,
  needs: 'disk',
  async act(life) {
    const { disk } = life.setting
    await life.kill('both')
    for (let tries = 0; !disk.readOnly(true); tries++) {
      if (tries > 50) return life.note('the disk cannot be made read-only')
      await sleep(20) // the engine's orphan still writes
    }
    life.note('the disk is read-only')
    try {
      await attempt(life)
    } finally {
      disk.readOnly(false)
      life.note('writable')
    }
  },
}

const slowDisk: Fault = {
  name: 'slow disk',
  weight: 10,
  needs: 'shim',
  async act(life) {
    const { random } = life
    const shim = life.setting.shim!
    await moment(life)
    const slowness = {
      write: random.pick([0, 2000, 50_000]),
      sync: random.pick([0, 20_000, 500_000]),
      name: random.pick([0, 5000, 100_000]),
    }
    life.note(`slow disk: ${JSON.stringify(slowness)} µs`)
    shim.slow(slowness)
    try {
      await moment(life, 1500)
      if (!random.oneIn(4)) await life.kill(random.pick(VICTIMS))
    } finally {
      shim.fast()
    }
  },
}

/** A disk that now and then says it could not, or does half of it, and after a while is well again. */
const ioErrors: Fault = {
  name: 'io errors',
  weight: 8,
  needs: 'both',
  async act(life) {
    const { random, setting } = life
    const shim = setting.shim!
    await moment(life)
    const failing = { write: random.pick([2000, 20_000, 300_000]), read: random.pick([0, 0, 1000, 20_000]) }
    life.note(`of a million writes ${failing.write} fail, of reads ${failing.read}`)
    shim.fail(failing)
    try {
      await moment(life, 1500)
      await hurt(life)
    } finally {
      shim.mend()
      life.note('the disk is well')
    }
  },
}

const torn: Fault = {
  name: 'torn tail',
  weight: 10,
  async act(life) {
    await moment(life)
    await life.kill('both')
    const done = damageTail(join(life.data, 'journal'), life.ledger, life.random)
    life.note(`torn tail: ${done ?? 'there was no open segment'}`)
  },
}

/**
 * What each policy says it survives is what counts: `always` loses nothing, `50ms` what came last, `os` what was not in the
 * history.
 */
const powerCut: Fault = {
  name: 'power cut',
  weight: 8,
  needs: 'both',
  async act(life) {
    const { random, setting, ledger, sync } = life
    const shim = setting.shim!
    const killed = random.oneIn(3) ? await startAnew(life) : undefined
    if (killed === undefined) await moment(life, random.pick([1000, 1000, 4000]))
    const at = killed ?? performance.now()
    await life.blackout()
    const may = {
      always: () => 0,
      '50ms': () => ledger.doubt(at - AT_MOST - LAG),
      os: () => ledger.doubtThose(waitingIn(join(life.data, 'journal'))),
    }
    const doubtful = may[sync]()
    for (const what of cutPower(life.data, shim.graves, shim.notes(), random)) life.note(`power cut: ${what}`)
    life.note(`${doubtful} events may be lost`)
    shim.settle(life.data)
  },
}

/** Kills and starts it, and waits a while. @returns when it was killed; undefined once it is ready: what was left is safe then */
async function startAnew(life: Life): Promise<number | undefined> {
  const killed = performance.now()
  await life.kill('both')
  const address = await Promise.race([life.launch().ready, sleep(life.random.int(0, 1500))])
  if (address === undefined) return killed
  await life.up()
  return undefined
}

/** ms that `50ms` may lose, and in which a busy machine may be late with its timer and its answers. */
const AT_MOST = 50
const LAG = 250

/** Worse than any crash: what cannot be had any more must be told, and all else be there. */
const rot: Fault = {
  name: 'rotten segment',
  weight: 3,
  async act(life) {
    await life.suspend('engine', 1200, 'kill')
    await life.kill('both') // also where the engine was away: what it has compared and read it does not read again
    const done = rotSegment(join(life.data, 'journal'), life.ledger, life.random)
    if (done === undefined) return life.note('no segment waits')
    life.note(`rotten: ${done}`)
    life.crowd.calm()
    const before = life.log.length
    for (let tries = 0; tries < 300; tries++) {
      await life.up()
      if (TELLS.test(life.log.slice(before))) return
      await sleep(100)
    }
    life.trouble(`nothing is said of a damaged segment: ${life.log.slice(before).slice(-2000)}`)
  },
}
const TELLS = /set aside|damaged|torn|cannot be read|can't be read/

/** A part of the history is damaged, often beneath events that are offered again; nobody moves it away. */
const rottenPart: Fault = {
  name: 'rotten part',
  weight: 3,
  async act(life) {
    const { random, ledger } = life
    await nextChange(life.data, 'parts', 1500)
    if (random.oneIn(2)) await sleep(random.int(0, 200))
    await life.kill('both')
    const done = rotPart(life.data, random)
    if (done === undefined) return life.note('there is no part')
    ledger.rotten = true
    life.note(`rotten: ${done}`)
  },
}

/** To yesterday, tomorrow, or back to now; stays until the next jump. */
const clockJump: Fault = {
  name: 'clock jump',
  weight: 6,
  needs: 'shim',
  async act(life) {
    const shim = life.setting.shim!
    await moment(life)
    shim.clock(life.random.pick([-DAY, 0, DAY].filter(ms => ms !== shim.clockMs)))
    life.note(`the clock is ${shim.clockMs / DAY} days ahead`)
    await moment(life, 800)
    if (life.random.oneIn(2)) await life.kill(life.random.pick(VICTIMS))
  },
}

export const FAULTS: readonly Fault[] = [
  kill,
  aimedKill,
  killAtStart,
  stop,
  suspend,
  hang,
  diskFull,
  frozen,
  readOnlyStart,
  slowDisk,
  ioErrors,
  torn,
  powerCut,
  rot,
  rottenPart,
  clockJump,
]

/** Now and then it is killed in the middle of it, and started again where it cannot. */
async function hurt(life: Life): Promise<void> {
  if (!life.random.oneIn(3)) return
  await life.kill(life.random.pick(VICTIMS))
  if (!life.program!.running) await attempt(life)
}

/** Starts it where it may be impossible. It may refuse, but not lie. */
async function attempt(life: Life): Promise<void> {
  const program = life.launch()
  program.doomed = true
  // On a busy machine it may still be at it once the disk is well, and refuse for what it met before.
  void program.ready.then(address => {
    if (address !== undefined) program.doomed = false
  })
  await Promise.race([program.ready, program.gone, sleep(3000)])
  life.note(program.running ? 'it starts all the same' : `it refuses: ${program.log.trim().split('\n').at(-1)}`)
}
