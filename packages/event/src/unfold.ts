import type { Json, JsonObject } from './event.ts'
import type { Path } from './schema.ts'

/** Rebuilds the object whose leaves stood at these paths, in this order. */
export function unfold(paths: readonly Path[], value: (path: Path) => Json): JsonObject {
  const object: JsonObject = {}
  for (const path of paths) {
    let at = object
    const last = path.keys.length - 1
    for (let i = 0; i < last; i++) at = inside(at, path.keys[i]!)
    put(at, path.keys[last]!, value(path))
  }
  return object
}

function inside(object: JsonObject, key: string): JsonObject {
  if (Object.hasOwn(object, key)) return object[key] as JsonObject
  const next: JsonObject = {}
  put(object, key, next)
  return next
}

/** Sets an own property, `__proto__` included, as JSON.parse does. */
function put(object: JsonObject, key: string, value: Json): void {
  if (key === '__proto__')
    Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true })
  else object[key] = value
}
