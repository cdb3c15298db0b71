import { isIPv6 } from 'node:net'

/** What went wrong when a socket was to listen, as a sentence that says what to do. */
export function listenError(error: NodeJS.ErrnoException, protocol: 'UDP' | 'TCP', host: string, port: number): Error {
  const channel = protocol.toLowerCase()
  const sentence = (): string => {
    switch (error.code) {
      case 'EADDRINUSE':
        return `${protocol} port ${port} on ${host} is taken by another process: stop that one or choose another port, ${channel}({ port: … }) (0 takes any free one)`
      case 'EACCES':
        return `this user may not listen on ${protocol} port ${port} of ${host}: choose a port from 1024 up, ${channel}({ port: … })`
      case 'EADDRNOTAVAIL':
        return `${host} is no address of this machine: choose one that is, 127.0.0.1 (this machine only) or 0.0.0.0 (everyone)`
      case 'ENOTFOUND':
      case 'EAI_AGAIN':
        return `the host name ${host} can not be resolved: give an address of this machine, 127.0.0.1 or 0.0.0.0`
      default:
        return `can not listen on ${protocol} port ${port} of ${host}: ${error.message}`
    }
  }
  return new Error(sentence(), { cause: error })
}

/** `udp://127.0.0.1:7576` */
export function addressOf(protocol: 'udp' | 'tcp', host: string, port: number): string {
  return `${protocol}://${isIPv6(host) ? `[${host}]` : host}:${port}`
}

/** A peer's address as events name it: IPv4 where it is one, also when it came through an IPv6 socket. */
export function peerAddress(address: string | undefined): string {
  if (address === undefined) return 'unknown'
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address
}
