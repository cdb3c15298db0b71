import type { Clock } from '@telltale/event'
import type { About } from './damage/aside.ts'
import type { Engine } from './engine/engine.ts'
import type { EngineNews } from './engine/outage.ts'
import type { Refused } from './flush.ts'
import type { JournalOptions } from './journal/options.ts'

export interface HistoryOptions {
  /** The data folder: this process's alone while it runs. */
  path: string
  /** How long events are kept after they were received: `90d` (default), `2w`, `1y`, `forever`. */
  keep?: string | number
  journal?: Omit<JournalOptions, 'dir' | 'clock' | 'collector'>
  /** This Telltale's name; default made once and kept in the folder. */
  collector?: string
  clock?: Clock
  /** Default: chDB in a child process, in the data folder. */
  engine?: Engine
  /** Bytes the embedded engine may use, about. Default 800 MB. */
  memory?: number
  /** ms between two looks at a part of the table that seems damaged, of three. Default 2,500. */
  patience?: number
  /** One line for a person. */
  log?: (message: string) => void
  /** An event no engine could take; its line is kept in `journal/refused/`. */
  onRefused?: (refused: Refused) => void
  /** Events that waited in a segment of the journal were lost to the disk. */
  onDamaged?: (about: { readonly segment: string; readonly events: number }) => void
  /** A part of the table was damaged on disk and has been set aside. */
  onSetAside?: (about: About) => void
  /** The embedded engine went, or is back. */
  onEngine?: (news: EngineNews) => void
}
