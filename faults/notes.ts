/** What the preloaded library saw on the data's disk; names.c says what each means. Folders and files are known by their inodes. */
export type Note =
  | { kind: 'file' | 'folder' | 'unlink' | 'rmdir'; at: number; folder: number; name: string; inode: number }
  | Rename
  | { kind: 'cut'; inode: number; size: number }
  | { kind: 'sync'; inode: number; size: number; before: number }

interface Rename {
  kind: 'rename'
  /** The byte it is noted at: a sync speaks of those before. */
  at: number
  from: number
  old: string
  folder: number
  name: string
  inode: number
  /** What the name stood for before; 0 where for nothing. */
  replaced: number
}

export type NameNote = Extract<Note, { at: number }>

const KINDS = { '+': 'file', d: 'folder', '-': 'unlink', x: 'rmdir' } as const

export function notesOf(text: string): Note[] {
  const notes: Note[] = []
  let at = 0
  for (const line of text.split('\n')) {
    const note = noteOf(line.split('\t'), at)
    if (note !== undefined) notes.push(note)
    at += Buffer.byteLength(line) + 1
  }
  return notes
}

function noteOf([kind, a, b, c, d, e, f]: string[], at: number): Note | undefined {
  switch (kind) {
    case '+':
    case 'd':
    case '-':
    case 'x':
      return { kind: KINDS[kind], at, folder: Number(a), name: b!, inode: Number(c) }
    case 'r': {
      const files = { inode: Number(e), replaced: Number(f) }
      return { kind: 'rename', at, from: Number(a), old: b!, folder: Number(c), name: d!, ...files }
    }
    case 't':
      return { kind: 'cut', inode: Number(a), size: Number(b) }
    case 's':
      return { kind: 'sync', inode: Number(a), size: Number(b), before: Number(c) }
    default:
      return undefined
  }
}

/** How much of each file is on disk, by inode, in bytes. Of two syncs at once the later may be noted first. */
export function syncedSizes(notes: readonly Note[]): Map<number, number> {
  const sizes = new Map<number, number>()
  for (const note of notes) {
    if (note.kind === 'sync') sizes.set(note.inode, Math.max(note.size, sizes.get(note.inode) ?? 0))
    if (note.kind === 'cut') sizes.set(note.inode, Math.min(note.size, sizes.get(note.inode) ?? 0))
  }
  return sizes
}
