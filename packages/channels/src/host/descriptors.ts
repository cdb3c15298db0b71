import { type Dir, opendirSync } from 'node:fs'
import type { Proc } from './proc.ts'
import type { Process } from './process-table.ts'
import type { Round } from './vital.ts'

export interface DescriptorBudget {
  /** File descriptors looked at in a round. */
  round: number
  /** Of one process at most; beyond, its sockets are counted among the first so many. */
  process: number
}

/**
 * Finds out which sockets belong to which process, through the links in /proc/PID/fd, a bounded number a round:
 * processes whose number of files changed come first, then those not looked at for longest.
 */
export class Descriptors {
  readonly #proc: Proc
  readonly #budget: DescriptorBudget

  constructor(proc: Proc, budget: DescriptorBudget) {
    this.#proc = proc
    this.#budget = budget
  }

  async look(processes: Iterable<Process>, round: Round): Promise<void> {
    const all = [...processes].filter(process => !process.kernel && process.state !== 'Z')
    const changed = all
      .filter(process => process.files !== process.lookedFiles)
      .sort((a, b) => (b.files ?? 0) - (a.files ?? 0))
    // Half is kept for the others, or one restless process would hide them for ever.
    const left = await this.#some(changed, this.#budget.round / 2, round)
    const others = all.filter(process => process.lookedAt !== round.at).sort((a, b) => a.lookedAt - b.lookedAt)
    await this.#some(others, this.#budget.round / 2 + left, round)
  }

  /** @returns what is left of the budget */
  async #some(processes: readonly Process[], budget: number, round: Round): Promise<number> {
    let left = budget
    for (const process of processes) {
      if (left <= 0) break
      left -= await this.#one(process, round)
    }
    return Math.max(0, left)
  }

  async #one(process: Process, { at, slices }: Round): Promise<number> {
    process.lookedAt = at
    let folder: Dir
    try {
      folder = opendirSync(`${this.#proc.root}/${process.pid}/fd`, { bufferSize: 256 })
    } catch {
      return hide(process)
    }
    const sockets: number[] = []
    let count = 0
    try {
      for (let entry = folder.readSync(); entry !== null && count < this.#budget.process; entry = folder.readSync()) {
        count++
        const link = this.#proc.link(process.pid, entry.name)
        if (link === undefined) return hide(process)
        if (link.startsWith('socket:[')) sockets.push(Number(link.slice(8, -1)))
        if (slices.due) await slices.rest()
      }
    } catch {
      // It ended while it was looked at.
    } finally {
      folder.closeSync()
    }
    process.hidden = false
    process.sockets = sockets
    process.files ??= count
    process.lookedFiles = process.files
    return count + 1
  }
}

function hide(process: Process): number {
  process.hidden = true
  process.sockets = []
  process.lookedFiles = process.files ?? -1
  return 1
}
