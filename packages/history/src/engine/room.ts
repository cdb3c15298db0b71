const MB = 1e6
/** Bytes free on the disk below which parts wait to be merged. */
const ROOM: number = 512 * MB
/** Likewise where there are many: too many slow every question, and of 3,000 the engine takes no more. */
const LITTLE: number = 128 * MB
/** So many parts of a day are many, until there are few. */
const MANY = 300
const FEW = 100

/** Whether so little is free that it is to be known how many parts there are. */
export function isScarce(free: number): boolean {
  return free <= ROOM * 2
}

/**
 * Whether parts may be merged. Not while the disk is nearly full: a merge that runs out of room in the middle may be taken
 * for done. (Seen: a part with an empty index, all its events lost.)
 * @param free bytes on the disk
 * @param parts of the day that has most
 * @param merging whether they may now
 */
export function mayMerge(free: number, parts: number, merging: boolean): boolean {
  const many = parts > (merging ? FEW : MANY)
  return free > (many ? LITTLE : ROOM) * (merging ? 1 : 2)
}
