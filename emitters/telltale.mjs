// Telltale from Node.js, over UDP. Copy telltale() into your application, or run: node telltale.mjs TYPE [JSON]
import { createSocket } from 'node:dgram'
import { hostname } from 'node:os'

const { TELLTALE_HOST = '127.0.0.1', TELLTALE_PORT = '7575' } = process.env
const udp = createSocket('udp4').on('error', () => {})
udp.unref()

/** Sends one event, fire and forget: never throws, never waits. */
export function telltale(type, info = {}) {
  try {
    const event = { type, hostname: hostname(), additional_info: info }
    udp.send(JSON.stringify(event), Number(TELLTALE_PORT) + 1, TELLTALE_HOST, () => {})
  } catch {} // telling must not break what it tells of
}

const [, program = '', type, json = '{}'] = process.argv
if (import.meta.url.endsWith(program) && type) telltale(type, JSON.parse(json))
