/**
 * Ends this process once what it prints can go nowhere: quietly where whoever read it has gone, as `head` does when it
 * has its lines; with a sentence where the disk is full.
 */
export function endWithOutput(): void {
  process.stdout.on('error', end)
}

/** For what serves: it goes on, whoever reads it or does not. */
export function goOnWithoutOutput(): void {
  process.stdout.off('error', end).on('error', () => {})
}

function end(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit()
  console.error(`telltale: what it prints cannot be written: ${error.message}`)
  process.exit(1)
}
