/** Freezes a tree of plain data, in place. */
export function freeze<T>(node: T): T {
  if (typeof node !== 'object' || node === null || Object.isFrozen(node)) return node
  Object.freeze(node)
  for (const part of Object.values(node)) freeze(part)
  return node
}
