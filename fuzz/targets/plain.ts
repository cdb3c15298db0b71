import { scan } from '@telltale/event'
import { plainToMessages } from '../../packages/channels/src/plain.ts'
import { eventLines } from '../samples.ts'
import { must, type Target } from '../target.ts'

/** Lines of a followed file, or of standard input. */
export const plain: Target = {
  name: 'file-lines',
  about: 'lines that may be no JSON: none is lost, each becomes events or is refused with a reason',
  few: 5_000,
  make: eventLines,
  run(input) {
    const lines = input.toString('utf8').split('\n')
    const made = plainToMessages(input)
    const { accepted, refused, problems, batch } = scan(made, { hostname: 'h', receivedAt: 1e12 })
    must(accepted === batch.length, () => `${accepted} accepted, ${batch.length} in the batch`)
    must(
      problems.every(({ reason }) => reason !== ''),
      () => 'refused without a reason',
    )
    const prose = lines.filter(line => /^[a-z]/i.test(line))
    must(accepted + refused >= prose.length, () => `${prose.length} lines of prose became ${accepted} and ${refused}`)
  },
}
