const WAYS_OUT: Record<string, string> = {
  ENOSPC: 'the disk is full: free some space',
  EDQUOT: 'the disk quota is used up: free some space',
  EROFS: 'the disk is read-only: remount it',
  EACCES: 'permission is denied: check the owner of the folder',
  EIO: 'the disk reports errors: check it',
}

/** Why the journal can't be written, and what to do, in one sentence. */
export function writeError(error: NodeJS.ErrnoException, dir: string): string {
  return `the journal can't be written in ${dir}: ${WAYS_OUT[error.code ?? ''] ?? error.message} (${error.code ?? error.name})`
}
