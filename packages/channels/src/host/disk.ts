import { readdirSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { join } from 'node:path'
import type { Proc } from './proc.ts'
import { percent, Rates } from './rates.ts'
import type { Probe, Round, Vital } from './vital.ts'

/** File systems that hold data on a disk of this machine. Those on the network are left out: asking one may hang. */
const REAL = new Set(
  'ext2 ext3 ext4 xfs btrfs zfs f2fs bcachefs jfs reiserfs nilfs2 vfat exfat msdos ntfs ntfs3 fuseblk hfsplus apfs erofs ufs'.split(
    ' ',
  ),
)
const MOST = 64

interface Mount {
  device: string
  path: string
  filesystem: string
}

/** How full each file system is: `host_disk`. */
export class DiskProbe implements Probe {
  readonly #proc: Proc | undefined
  /** Mounts that have not answered yet: they are not asked again until they do. */
  readonly #asked = new Set<string>()

  constructor(proc?: Proc) {
    this.#proc = proc
  }

  async measure({ slices }: Round): Promise<Vital[]> {
    const mounts = this.#mounts().filter(({ path }) => !this.#asked.has(path))
    slices.end()
    const vitals = await Promise.all(mounts.map(mount => this.#full(mount)))
    slices.begin()
    return vitals.filter(vital => vital !== undefined)
  }

  async #full({ device, path, filesystem }: Mount): Promise<Vital | undefined> {
    this.#asked.add(path)
    const asked = statfs(path).finally(() => this.#asked.delete(path))
    try {
      const { bsize, blocks, bfree, bavail, files, ffree } = await asked
      const used = blocks - bfree
      return {
        type: 'host_disk',
        mount: path,
        device,
        filesystem,
        size_bytes: blocks * bsize,
        used_bytes: used * bsize,
        available_bytes: bavail * bsize,
        // As df says it: what root keeps for itself is neither used nor to be had.
        percent: percent(used, used + bavail),
        inodes: files,
        inodes_used: files - ffree,
        inodes_percent: percent(files - ffree, files),
      }
    } catch {
      return undefined
    }
  }

  #mounts(): Mount[] {
    const table = this.#proc?.read(this.#proc.root === '/proc' ? 'self/mounts' : '1/mounts')
    if (table === undefined) return [{ device: '', path: '/', filesystem: '' }]
    const byDevice = new Map<string, Mount>()
    for (const line of table.split('\n')) {
      const [device, path, filesystem] = line.split(' ').map(unescaped)
      if (!device || !path || !filesystem) continue
      if (!REAL.has(filesystem) && !(filesystem === 'overlay' && path === '/')) continue
      const known = byDevice.get(device)
      if (known === undefined || path.length < known.path.length) byDevice.set(device, { device, path, filesystem })
    }
    return [...byDevice.values()].slice(0, MOST)
  }
}

/** /proc/mounts writes spaces as \040. */
function unescaped(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
}

/** How much each device reads and writes: `host_disk_io`. */
export class DiskIoProbe implements Probe {
  readonly #proc: Proc
  readonly #rates = new Rates()

  constructor(proc: Proc) {
    this.#proc = proc
  }

  measure({ at }: Round): Vital[] {
    this.#rates.round(at)
    const whole = this.#devices()
    const vitals: Vital[] = []
    for (const line of (this.#proc.read('diskstats') ?? '').split('\n')) {
      const [, , device = '', ...rest] = line.trim().split(/ +/)
      const [reads = 0, , read = 0, readMs = 0, writes = 0, , written = 0, writeMs = 0, , busyMs = 0] = rest.map(Number)
      if (reads + writes === 0 || /^(loop|ram)\d/.test(device) || whole?.has(device) === false) continue
      const rate = (name: string, value: number): number | undefined =>
        this.#rates.perSecond(`${device} ${name}`, value)
      const vital = {
        type: 'host_disk_io',
        device,
        // The kernel counts in sectors of 512 bytes whatever the disk's are.
        read_bytes_per_second: rate('read', read * 512),
        written_bytes_per_second: rate('written', written * 512),
        reads_per_second: rate('reads', reads),
        writes_per_second: rate('writes', writes),
        wait_ms: this.#wait(device, reads + writes, readMs + writeMs),
        busy_percent: this.#busy(device, busyMs),
      }
      if (vital.reads_per_second !== undefined && vitals.length < MOST) vitals.push(vital)
    }
    return vitals
  }

  /** The mean time a request took. */
  #wait(device: string, requests: number, ms: number): number | undefined {
    const took = this.#rates.rise(`${device} ms`, ms)
    const made = this.#rates.rise(`${device} requests`, requests)
    return took === undefined || made === undefined || made === 0 ? undefined : Math.round((100 * took) / made) / 100
  }

  #busy(device: string, ms: number): number | undefined {
    const busy = this.#rates.rise(`${device} busy`, ms)
    const share = busy === undefined ? undefined : percent(busy, this.#rates.elapsed)
    return share === undefined ? undefined : Math.min(100, share)
  }

  /** Whole disks, not their partitions; undefined where /sys is not to be had. */
  #devices(): Set<string> | undefined {
    try {
      return new Set(readdirSync(join(this.#proc.root, '../sys/block')))
    } catch {
      return undefined
    }
  }
}
