/** What is known of why a case fails: the same failure begins alike. */
function mark(why: string): string {
  return why.slice(0, 40).replace(/\d+/g, '0')
}

/**
 * A shorter input that fails alike: pieces of it are taken out, the large ones first, as long as it still fails.
 * (Zeller and Hildebrandt's ddmin, complement steps only.)
 * @param most trials
 */
export async function minimised(
  input: Buffer,
  failure: (bytes: Buffer) => Promise<string | undefined>,
  why: string,
  most = 500,
): Promise<Buffer> {
  let best = input
  let trials = 0
  for (let length = input.length >> 1; length >= 1 && trials < most; ) {
    let shorter = false
    for (let at = 0; at < best.length && trials < most; trials++) {
      const without = Buffer.concat([best.subarray(0, at), best.subarray(at + length)])
      const found = await failure(without)
      if (found !== undefined && mark(found) === mark(why)) {
        best = without
        shorter = true
      } else at += length
    }
    if (!shorter || length > 1) length >>= 1
  }
  return best
}
