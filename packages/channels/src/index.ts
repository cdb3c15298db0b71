/**
 * @telltale/channels: every way in and every way out, one file each. A channel knows its protocol and the intake,
 * nothing behind it.
 * @module
 */
export type * from './channel.ts'
export { Crowd } from './crowd.ts'
export { type FileOptions, file } from './file.ts'
export { type HealthOptions, health } from './health.ts'
export { type HostOptions, host } from './host/host.ts'
export { interval } from './interval.ts'
export { peerAddress } from './listen-error.ts'
export { isJsonLine, type Plain } from './plain.ts'
export { Reading } from './reading.ts'
export { type StdinChannel, type StdinOptions, stdin } from './stdin.ts'
export { type TcpOptions, tcp } from './tcp.ts'
export { type UdpOptions, udp } from './udp.ts'
export { type WebSocketIntake, type WebSocketOptions, websocket } from './websocket.ts'
