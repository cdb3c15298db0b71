import { Duplex } from 'node:stream'
import { WebSocket } from 'ws'
import { websocket as intakeOf } from '../../packages/channels/src/websocket.ts'
import { mutated } from '../mutate.ts'
import { eventLines } from '../samples.ts'
import { Counting } from '../stand-in.ts'
import { must, type Target } from '../target.ts'

/** What a client sends, already upgraded. */
class Wire extends Duplex {
  answers = 0

  constructor() {
    super()
    // `ws` asks these of a socket.
    Object.assign(this, { setTimeout: () => this, setNoDelay: () => this })
  }

  override _read(): void {}

  override _write(_chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.answers++
    done()
  }
}

function frame(opcode: number, payload: Buffer, fin = true): Buffer {
  const { length } = payload
  const head =
    length < 126
      ? Buffer.from([(fin ? 0x80 : 0) | opcode, 0x80 | length])
      : Buffer.from([(fin ? 0x80 : 0) | opcode, 0xfe, length >> 8, length & 0xff])
  // A mask of zeros leaves the payload as it is.
  return Buffer.concat([head, Buffer.alloc(4), payload])
}

type Accepted = WebSocket & { setSocket(socket: Duplex, head: Buffer, options: object): void }

/** Frames, some broken, as a server gets them once the connection is upgraded. */
export const websocket: Target = {
  name: 'websocket',
  about: 'frames of a WebSocket: broken ones end their own connection, and nothing else',
  few: 500,
  make(random) {
    const frames = random.some(6, () =>
      frame(random.of([1, 1, 2, 0, 8, 9, 10, 3]), eventLines(random, 3).subarray(0, 60_000), random.chance(0.9)),
    )
    const bytes = Buffer.concat(frames)
    return random.chance(0.4) ? bytes : mutated(random, bytes)
  },
  async run(input) {
    const intake = new Counting()
    const wire = new Wire()
    const socket = new (WebSocket as unknown as new (address: null, protocols: undefined, options: object) => Accepted)(
      null,
      undefined,
      {},
    )
    socket.setSocket(wire, Buffer.alloc(0), {
      allowSynchronousEvents: true,
      maxPayload: 8 * 1024 * 1024,
      skipUTF8Validation: false,
    })
    const sending = intakeOf(socket, { intake, address: 'h' })
    wire.push(input)
    wire.push(frame(1, Buffer.from('{"type":"good"}')))
    wire.push(null)
    await new Promise(resolve => setImmediate(resolve))
    await new Promise(resolve => setImmediate(resolve))
    socket.terminate()
    await sending.closed
    must(intake.accepted + intake.refused < 1e6, () => 'more events than bytes')
  },
}
