import type { Random } from '../random.ts'
import { everyday, exception, type Failure, failures } from './failures.ts'
import { APP, CACHE, DB, WEB, WORKERS } from './hosts.ts'
import { type DemoEvent, type Moment, micros, type Part } from './moment.ts'
import { drawMissing, drawPage, drawUser, type Page, SITE } from './pages.ts'
import { starved } from './pool.ts'

/** Seconds a request waits for a database connection before it gives up. */
const POOL_PATIENCE = 5
const TABLES = ['products', 'prices', 'stock', 'carts', 'users', 'orders']

/** Visitors look at pages; a page asks the cache and the database, sometimes fails, and sometimes ends in an order. */
export function visits(random: Random): Part {
  let orders = 100_000

  function visit(moment: Moment, time: number): DemoEvent[] {
    const { conditions } = moment
    if (random.chance(conditions.brokenLinks)) return [brokenLink(time)]
    if (!random.chance(conditions.answered)) return random.chance(0.12) ? [nameless(time)] : []
    const hostname = route(moment)
    if (random.chance(0.03)) return [notFound(hostname, time)]
    if (hostname === conditions.brokenHost && random.chance(0.5)) return failFast(hostname, time, moment)

    const page = drawPage(random)
    const behind = lookups(page, time, moment)
    const failure = whatFails(page, moment)
    const waited = failure === failures.poolTimeout ? POOL_PATIENCE : wait(moment)
    const slow = conditions.slowPage
    const factor = slow !== undefined && slow.hostname === hostname && slow.url === page.url ? slow.factor : 1
    const seconds = random.logNormal(page.median, 0.35) * factor + behind.seconds + waited
    const loaded = pageLoad(hostname, time + seconds * 1000, page.url, seconds, failure, moment)
    const events = [...behind.events, loaded]
    if (failure !== undefined) events.push(thrown(failure, page.url, time + seconds * 1000, moment))
    else if (page.kind === 'checkout' && random.chance(0.4)) events.push(...order(loaded))
    else if (random.chance(0.02)) events.push(login(hostname, loaded.time))
    return events
  }

  function route({ conditions: { brokenHost, brokenHostShare } }: Moment): string {
    return brokenHost !== undefined && random.chance(brokenHostShare) ? brokenHost : random.pick(WEB)
  }

  function whatFails(page: Page, moment: Moment): Failure | undefined {
    const wants = page.queries > 0.5
    if (wants && random.chance(0.6 * starved(moment))) return failures.poolTimeout
    const inCart = page.kind === 'cart' || page.kind === 'checkout'
    if (inCart && random.chance(moment.conditions.cartFailures)) return failures.cart
    return random.chance(0.003) ? random.pick(everyday) : undefined
  }

  function wait(moment: Moment): number {
    const share = starved(moment)
    return random.chance(share) ? random.between(0.2, POOL_PATIENCE) * share : 0
  }

  /** What the page asks of cache and database, one after the other. */
  function lookups(page: Page, time: number, { conditions }: Moment): { events: DemoEvent[]; seconds: number } {
    const events: DemoEvent[] = []
    let seconds = 0
    const hit = random.chance(conditions.cacheHits)
    if (random.chance(0.8)) {
      const took = random.logNormal(0.0006, 0.3)
      seconds += took
      events.push(asked(CACHE, 'cache', time + seconds * 1000, { key: page.kind, hit, execution_time: round(took) }))
    }
    const queries = random.poisson(hit ? page.queries * 0.6 : page.queries + 2)
    for (let n = 0; n < queries; n++) {
      const table = random.pick(TABLES)
      const took = random.logNormal(0.003, 0.6) + (random.poisson(2) * conditions.diskWait) / 1000
      seconds += took
      const statement = `select * from ${table} where id = ?`
      const info = { statement, table, rows: 1 + random.poisson(6), execution_time: round(took) }
      events.push(asked(DB, 'db_query', time + seconds * 1000, info))
    }
    return { events, seconds }
  }

  function asked(
    hostname: string,
    type: string,
    time: number,
    additional_info: DemoEvent['additional_info'],
  ): DemoEvent {
    return { type, hostname, time: micros(time), additional_info }
  }

  function pageLoad(
    hostname: string,
    time: number,
    url: string,
    seconds: number,
    failure: Failure | undefined,
    { version }: Moment,
  ): DemoEvent {
    const status = failure === undefined ? 200 : failure === failures.poolTimeout ? 503 : 500
    const additional_info = {
      url,
      execution_time: round(seconds),
      http: { status, method: 'GET' },
      user: drawUser(random),
      version,
    }
    return { type: 'page_load', hostname, time: micros(time), tags: ['metrics', 'performance'], additional_info }
  }

  function thrown(failure: Failure, url: string, time: number, { version }: Moment): DemoEvent {
    return exception(
      failure,
      { hostname: random.pick(APP), time: micros(time), additional_info: { url, version } },
      random,
    )
  }

  function brokenLink(time: number): DemoEvent {
    const url = `${SITE}/newsletter?utm_source=%${random.pick(['', 'E', 'zz'])}&n=${random.below(400)}`
    return exception(failures.brokenLink, { hostname: random.pick(WEB), time, additional_info: { url } }, random)
  }

  function nameless(time: number): DemoEvent {
    return exception(failures.unknownHost, { hostname: APP[0]!, time, additional_info: {} }, random)
  }

  function notFound(hostname: string, time: number): DemoEvent {
    const additional_info = { url: drawMissing(random), http: { status: 404, method: 'GET' } }
    return { type: '404', hostname, time, additional_info }
  }

  function failFast(hostname: string, time: number, moment: Moment): DemoEvent[] {
    const { url } = drawPage(random)
    const loaded = pageLoad(hostname, time, url, random.logNormal(0.004, 0.2), failures.brokenHost, moment)
    const info = { hostname, time, additional_info: { url, version: moment.version } }
    return [loaded, exception(failures.brokenHost, info, random)]
  }

  function order(loaded: DemoEvent): DemoEvent[] {
    const order_id = `o-${orders++}`
    const items = 1 + random.poisson(1.2)
    const amount = Math.round(100 * items * random.logNormal(39, 0.6)) / 100
    const declined = random.chance(0.03)
    const provider = random.pick(['card', 'card', 'paypal', 'invoice'])
    const took = random.logNormal(0.6, 0.5)
    const user = loaded.additional_info['user']!
    const placed = { order_id, user, amount, currency: 'EUR', items }
    const paid = {
      order_id,
      amount,
      currency: 'EUR',
      provider,
      state: declined ? 'declined' : 'captured',
      execution_time: round(took),
    }
    return [
      { type: 'order', hostname: loaded.hostname, time: loaded.time, tags: ['business'], additional_info: placed },
      {
        type: 'payment',
        hostname: WORKERS[0]!,
        time: micros(loaded.time + took * 1000),
        tags: ['business'],
        additional_info: paid,
      },
    ]
  }

  function login(hostname: string, time: number): DemoEvent {
    const ip = `10.${random.below(200)}.${random.below(250)}.${random.below(250)}`
    return { type: 'login', hostname, time, additional_info: { user: drawUser(random), ok: random.chance(0.94), ip } }
  }

  return function visits(moment) {
    const count = random.poisson(moment.views)
    const events: DemoEvent[] = []
    for (let n = 0; n < count; n++) events.push(...visit(moment, micros(random.between(moment.from, moment.to))))
    return events
  }
}

function round(seconds: number): number {
  return Math.round(seconds * 1e6) / 1e6
}
