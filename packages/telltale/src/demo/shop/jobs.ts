import { type Random, weighted } from '../random.ts'
import { exception, failures } from './failures.ts'
import { WORKERS } from './hosts.ts'
import { type DemoEvent, type Moment, micros, type Part } from './moment.ts'

const kinds = weighted(
  [
    { job: 'send_mail', queue: 'mail', median: 0.3, weight: 40 },
    { job: 'resize_image', queue: 'images', median: 0.8, weight: 25 },
    { job: 'index_product', queue: 'search', median: 0.12, weight: 25 },
    { job: 'export_orders', queue: 'reports', median: 4, weight: 3 },
  ],
  kind => kind.weight,
)

/** Work in the background: mail, images, the search index. Slower when many jobs run at once, and now and then failing. */
export function jobs(random: Random): Part {
  function job(time: number, crowded: boolean, { conditions }: Moment): DemoEvent[] {
    const kind = crowded ? { job: 'rebuild_feed', queue: 'cron', median: 2.5 } : kinds(random)
    const failed = random.chance(0.006)
    const seconds = random.logNormal(kind.median, 0.5) * (1 + conditions.extraJobs / 8)
    const hostname = random.pick(WORKERS)
    const done = micros(time + seconds * 1000)
    const execution_time = Math.round(seconds * 1e6) / 1e6
    const info = { job: kind.job, queue: kind.queue, state: failed ? 'failed' : 'done', execution_time }
    const event = { type: 'job', hostname, time: done, additional_info: info }
    if (!failed) return [event]
    return [event, exception(failures.timeout, { hostname, time: done, additional_info: { job: kind.job } }, random)]
  }

  return function jobs(moment) {
    const seconds = (moment.to - moment.from) / 1000
    const usual = random.poisson(moment.views * 0.12)
    const extra = random.poisson(moment.conditions.extraJobs * moment.scale * seconds)
    const events: DemoEvent[] = []
    for (let n = 0; n < usual + extra; n++) {
      events.push(...job(random.between(moment.from, moment.to), n >= usual, moment))
    }
    return events
  }
}
