/** So many bytes are cut from at once, and pieces up to so many are cut. */
const SLAB = 64 * 1024
const PIECE = 4096

let slab = new ArrayBuffer(SLAB)
let used = 0

/**
 * An array of zeros. Small ones share memory that is handed out once and goes with the last of them: an array with
 * memory of its own costs more to make and to collect than a small batch has to put into it.
 */
export function words(length: number): Uint32Array {
  if (length * 4 > PIECE) return new Uint32Array(length)
  const at = cut(length * 4)
  return new Uint32Array(slab, at, length)
}

/** As {@link words}, with a sign. */
export function signed(length: number): Int32Array {
  if (length * 4 > PIECE) return new Int32Array(length)
  const at = cut(length * 4)
  return new Int32Array(slab, at, length)
}

/** As {@link words}, of doubles. */
export function doubles(length: number): Float64Array {
  if (length * 8 > PIECE) return new Float64Array(length)
  const at = cut(length * 8)
  return new Float64Array(slab, at, length)
}

/** As {@link words}, of bytes. */
export function flags(length: number): Uint8Array {
  if (length > PIECE) return new Uint8Array(length)
  const at = cut(length)
  return new Uint8Array(slab, at, length)
}

/** Takes so many bytes of {@link slab}, which may be another one than before. @returns where they begin */
function cut(bytes: number): number {
  let at = used
  if (at + bytes > SLAB) {
    slab = new ArrayBuffer(SLAB)
    at = 0
  }
  used = (at + bytes + 7) & ~7
  return at
}
