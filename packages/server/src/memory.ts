import { totalmem } from 'node:os'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { HistoryOptions } from '@telltale/history'
import { readBytes } from '@telltale/query'
import type { RecentOptions } from '@telltale/recent'

/** Bytes that each part may take. Where all do, what is left is for the program itself and what it does at the moment. */
export interface Memory {
  /** All together, the engine's process included. */
  readonly all: number
  /** The ring of the latest events. */
  readonly latest: number
  /** The history's engine, a process of its own. */
  readonly history: number
  /** Taken, not journaled; beyond, senders are refused. */
  readonly pending: number
  /** Waiting to be written by the journal; beyond, senders are refused. */
  readonly journal: number
  /** Bodies that are being read; beyond, senders are refused. */
  readonly bodies: number
  /** Sent to who looks, and not read; beyond, who reads least starts over. */
  readonly unread: number
  /** Journaled, and waiting for a listener; beyond, the oldest are dropped and counted. */
  readonly mailboxes: number
}

const MB = 1e6
const GB = 1e9
/** What the two processes take before they hold anything, and what an engine takes beyond its own bound while it works. */
const FIXED = 400 * MB
/** Less than that the parts can not do with. */
const LEAST = 800 * MB
/** Shares of what is left: of the ring, of the engine, of each of the five bounds between a sender and the disk, or the disk and who looks. */
const SHARES = { latest: 1 / 5, history: 1 / 2, passing: 1 / 40 }

export interface MemoryOptions {
  memory?: number | string
  latest?: Pick<RecentOptions, 'memory'>
  history?: Pick<HistoryOptions, 'memory'>
}

/**
 * Divides one figure among the parts. 400 MB are the two processes' own; of the rest a fifth goes to the ring, half to the
 * history's engine, a fortieth to each of the five that hold what is passing through. What a part is given by name it gets instead.
 * @param machine what there is to have
 * @throws where it can not be understood, or the parts named are more than half as much again as their shares
 */
export function divide({ memory, latest, history }: MemoryOptions, machine: number = available()): Memory {
  const all = memory === undefined ? Math.max(LEAST, Math.min(2 * GB, machine / 2)) : bytesOf(memory)
  if (all < LEAST)
    throw new Error(
      `memory: expected at least ${LEAST / MB}MB (two processes take ${FIXED / MB} MB before they hold an event), found ${JSON.stringify(memory)}`,
    )
  const rest = all - FIXED
  const passing = Math.floor(rest * SHARES.passing)
  const parts = {
    latest: latest?.memory === undefined ? Math.floor(rest * SHARES.latest) : bytesOf(latest.memory, 'latest.memory'),
    history: history?.memory ?? Math.floor(rest * SHARES.history),
    pending: passing,
    journal: passing,
    bodies: passing,
    unread: passing,
    mailboxes: passing,
  }
  const sum = Object.values(parts).reduce((total, part) => total + part, FIXED)
  if (memory !== undefined && sum > all)
    throw new Error(
      `memory: ${mb(all)} are less than its parts have: ${mb(parts.latest)} for latest, ${mb(parts.history)} for history, ${mb(5 * passing)} for what is passing through, ${mb(FIXED)} for the processes themselves`,
    )
  return { all: Math.max(all, sum), ...parts }
}

/** For a person, when it starts. */
export function said({ all, latest, history, pending }: Memory): string {
  return `memory: ${mb(all)} at most, of that ${mb(latest)} for the latest events, ${mb(history)} for the history's engine, ${mb(pending)} each for what is not journaled, not written, still being received, waiting for listeners, not read by who looks`
}

/** Of what is fixed, what is the engine's. */
const ENGINE_OWN = 200 * MB

/** Bytes that this process may take. */
function own({ all, history }: Memory): number {
  return all - history - ENGINE_OWN
}

/** Why too much is used, if it is. */
export function exceeded(memory: Memory): string[] {
  const rss = process.memoryUsage.rss()
  const most = own(memory)
  return rss <= most
    ? []
    : [`${mb(rss)} of memory are used beside the history's engine, more than the ${mb(most)} there should be`]
}

/** V8 lets garbage lie where there is room, and knows no bound of ours: near it, garbage is collected now. */
export function relieve(memory: Memory): void {
  if (process.memoryUsage.rss() > own(memory) * NEAR) collect()
}

const NEAR = 0.9
let collector: (() => void) | undefined

function collect(): void {
  if (collector === undefined) {
    setFlagsFromString('--expose-gc')
    collector = runInNewContext('gc') as () => void
  }
  collector()
}

function available(): number {
  const limit = process.constrainedMemory() ?? 0
  return limit > 0 && limit < totalmem() ? limit : totalmem()
}

function bytesOf(size: number | string, name = 'memory'): number {
  const bytes = typeof size === 'string' ? readBytes(size) : size
  if (bytes === undefined || !(bytes > 0))
    throw new Error(`${name}: expected bytes or a size such as 2GB, found ${JSON.stringify(size)}`)
  return bytes
}

function mb(bytes: number): string {
  return `${Math.round(bytes / MB)} MB`
}
