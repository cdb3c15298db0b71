import { WEB } from './hosts.ts'
import { beats, type DemoEvent, type Part } from './moment.ts'

/** A release goes out this often, on a usual day, in ms. */
const EVERY = 97 * 60_000
const FIRST = 41

/** The release that runs so long after the story began. */
export function release(elapsed: number, build = 0): string {
  return `2.${FIRST + Math.floor(elapsed / EVERY)}.${build}`
}

/** The deployment tool tells of each host. */
export function deployed(time: number, version: string, previous: string, by: string): DemoEvent[] {
  return WEB.map((hostname, n) => ({
    type: 'deploy',
    hostname,
    time: time + n * 900,
    tags: ['change'],
    additional_info: { app: 'shop', version, previous, by },
  }))
}

/** Ordinary releases, which change nothing that anyone would notice. */
export function deploys(): Part {
  return function deploys(moment) {
    return [...beats(moment, EVERY, EVERY)].flatMap(time => {
      const at = moment.elapsed + time - moment.from
      return deployed(time, release(at), release(at - 1), 'release-train')
    })
  }
}
