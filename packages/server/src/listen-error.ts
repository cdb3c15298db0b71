/** Why HTTP can't listen, and what to do, in one sentence. */
export function listenError(error: NodeJS.ErrnoException, host: string, port: number): Error {
  switch (error.code) {
    case 'EADDRINUSE':
      return new Error(`port ${port} is in use; is another Telltale running? Choose one with --port`, { cause: error })
    case 'EACCES':
      return new Error(`port ${port} may not be used by this user; choose one above 1023 with --port`, { cause: error })
    case 'EADDRNOTAVAIL':
    case 'EINVAL':
      return new Error(
        `${host} is no address of this machine; choose one that is with --host, 127.0.0.1 (this machine only) or 0.0.0.0 (everyone)`,
        { cause: error },
      )
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new Error(
        `the host name ${host} can't be resolved; give an address of this machine with --host, 127.0.0.1 or 0.0.0.0`,
        { cause: error },
      )
    default:
      return new Error(`can't listen on port ${port} of ${host}: ${error.message}`, { cause: error })
  }
}
