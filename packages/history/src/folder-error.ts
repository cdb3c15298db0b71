const WAYS_OUT: Readonly<Record<string, string>> = {
  EEXIST: 'a file stands where a folder is needed: name another folder, or move the file away',
  ENOTDIR: 'a file stands where a folder is needed: name another folder, or move the file away',
  ENOENT: 'no folder can be made there: name another',
  EACCES: 'this user may not write there: change its owner, or name another folder',
  EPERM: 'this user may not write there, or nobody may: change its owner, or name another folder',
  EROFS: 'the disk is read-only: remount it, or name another folder',
  ENOSPC: 'the disk is full: free some space',
  EDQUOT: 'the disk quota is used up: free some space',
  ENAMETOOLONG: 'its name is too long: name another folder',
  ELOOP: 'its links lead in a circle: name another folder',
}

/** Why a data folder can't be used, and what to do, in one sentence; what is no error of the system's is said already. */
export function folderError(error: unknown, dir: string): unknown {
  const { code, syscall } = (error ?? {}) as NodeJS.ErrnoException
  if (code === undefined || syscall === undefined) return error
  const what = WAYS_OUT[code] ?? (error as Error).message
  return new Error(`the data folder ${dir} can't be used: ${what} (${code}; --data or "data" names it)`, {
    cause: error,
  })
}
