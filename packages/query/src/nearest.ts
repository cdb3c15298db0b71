/** The known name most like what was written, if any is close: at most a third of its letters wrong, missing, added or swapped. */
export function nearest(written: string, known: Iterable<string>): string | undefined {
  const word = written.toLowerCase()
  if (word.length > 64) return undefined
  let best: string | undefined
  let least = Number.POSITIVE_INFINITY
  for (const name of known) {
    if (Math.abs(name.length - word.length) > 3) continue
    const steps = distance(word, name.toLowerCase())
    if (steps < least && steps <= Math.max(1, Math.floor(Math.max(name.length, word.length) / 3))) {
      best = name
      least = steps
    }
  }
  return best
}

/** Optimal string alignment: insertions, deletions, substitutions, swaps of neighbours. */
function distance(a: string, b: string): number {
  let before: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1
      row[j] = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + cost)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        row[j] = Math.min(row[j]!, before[j - 2]! + 1)
    }
    before = last
    last = row
  }
  return last[b.length]!
}
