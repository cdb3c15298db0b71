// What /proc says of a process.
import fs from 'node:fs'

const statOf = pid => fs.readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ')

/** Resident memory, MB. */
export const residentOf = pid =>
  Math.round(Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024)

/** Seconds of processor time so far. */
export function cpuOf(pid) {
  const stat = statOf(pid)
  return (Number(stat[11]) + Number(stat[12])) / 100
}

export const descriptorsOf = pid => fs.readdirSync(`/proc/${pid}/fd`).length

/** The first child of the program: its engine. */
export const engineOf = pid =>
  fs
    .readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .find(name => {
      try {
        return Number(statOf(name)[1]) === pid
      } catch {
        return false // it ended meanwhile
      }
    })
