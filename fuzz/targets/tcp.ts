import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { Delivery } from '../../packages/channels/src/delivery.ts'
import { TcpConnection } from '../../packages/channels/src/tcp-connection.ts'
import { Random } from '../../packages/query/src/seeded.ts'
import { noise, pieces } from '../mutate.ts'
import { eventLines } from '../samples.ts'
import { Counting } from '../stand-in.ts'
import { must, type Target } from '../target.ts'

/** As much of a socket as a connection needs, without a network. */
class Line extends Duplex {
  said = ''
  readonly #pieces: Buffer[]

  constructor(given: readonly Buffer[]) {
    super({ allowHalfOpen: true })
    this.#pieces = [...given]
  }

  override _read(): void {
    this.push(this.#pieces.shift() ?? null)
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.said += chunk
    done()
  }

  destroySoon(): void {
    this.end(() => this.destroy())
  }
}

/** Four bytes say how the rest is cut, and whether the sender asks for answers. */
export const tcp: Target = {
  name: 'tcp',
  about: 'a TCP connection cut anywhere: it ends, the line after any bytes is taken, and the answers add up',
  few: 500,
  make: random =>
    Buffer.concat([
      noise(random, 0),
      Buffer.from([random.below(256), random.below(256), random.below(256), random.below(4)]),
      eventLines(random, 8),
    ]),
  async run(input) {
    const seed = input.length > 3 ? input.readInt32LE(0) : 1
    const asks = (seed & 1) === 1
    const intake = new Counting()
    const hello = asks ? '{"telltale":"ack"}\n' : ''
    const bytes = Buffer.concat([Buffer.from(hello), input.subarray(4), Buffer.from('\n{"type":"good"}')])
    const line = new Line(pieces(new Random(seed), bytes))
    const connection = new TcpConnection(
      line as unknown as Socket,
      new Delivery(intake, { channel: 'tcp', address: 'h' }),
    )
    await connection.done
    must(intake.last === 'good', () => `the last event taken is ${intake.last}`)
    if (!asks) return must(line.said === '', () => `answered unasked: ${line.said}`)
    const answers = line.said
      .trim()
      .split('\n')
      .map(text => JSON.parse(text) as { accepted: number; rejected: object[] })
    const accepted = answers.reduce((n, answer) => n + answer.accepted, 0)
    const rejected = answers.reduce((n, answer) => n + answer.rejected.length, 0)
    must(accepted === intake.accepted, () => `${accepted} answered, ${intake.accepted} taken`)
    must(
      rejected === intake.refused + intake.drops,
      () => `${rejected} rejections answered, there were ${intake.refused}`,
    )
  },
}
