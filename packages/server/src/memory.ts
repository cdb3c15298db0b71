import { totalmem } from 'node:os'
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
/** Less than that the parts can not do with. */
const LEAST = 500 * MB
/** What one of the five bounds between a sender and the disk, or between the disk and who looks, is of all. */
const PASSING = 1 / 40

export interface MemoryOptions {
  memory?: number | string
  latest?: Pick<RecentOptions, 'memory'>
  history?: Pick<HistoryOptions, 'memory'>
}

/**
 * Divides one figure among the parts: a quarter to the ring, two fifths to the history's engine, a fortieth to each of
 * the five that hold what is passing through. What a part is given by name it gets instead.
 * @param machine what there is to have
 * @throws where it can not be understood, or the parts named are more than half as much again as their shares
 */
export function divide({ memory, latest, history }: MemoryOptions, machine: number = available()): Memory {
  const all = memory === undefined ? Math.max(LEAST, Math.min(2 * GB, machine / 2)) : bytesOf(memory)
  if (all < LEAST) throw new Error(`memory: expected at least ${LEAST / MB}MB, found ${JSON.stringify(memory)}`)
  const passing = Math.floor(all * PASSING)
  const parts = {
    latest: latest?.memory === undefined ? Math.floor(all / 4) : bytesOf(latest.memory, 'latest.memory'),
    history: history?.memory ?? Math.floor(all * 0.4),
    pending: passing,
    journal: passing,
    bodies: passing,
    unread: passing,
    mailboxes: passing,
  }
  const sum = Object.values(parts).reduce((total, part) => total + part)
  if (memory !== undefined && sum > all)
    throw new Error(
      `memory: ${mb(all)} are less than its parts have: ${mb(parts.latest)} for latest, ${mb(parts.history)} for history, ${mb(5 * passing)} for what is passing through`,
    )
  return { all: Math.max(all, sum), ...parts }
}

/** For a person, when it starts. */
export function said({ all, latest, history, pending }: Memory): string {
  return `memory: ${mb(all)} at most, of that ${mb(latest)} for the latest events, ${mb(history)} for the history's engine, ${mb(pending)} each for what is not journaled, not written, still being received, waiting for listeners, not read by who looks`
}

/** Why too much is used, if it is. */
export function exceeded({ all, history }: Memory): string[] {
  const rss = process.memoryUsage.rss()
  const most = all - history
  return rss <= most
    ? []
    : [`${mb(rss)} of memory are used beside the history's engine, more than the ${mb(most)} there should be`]
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
