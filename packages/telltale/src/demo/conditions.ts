/** How the shop fares at a moment. Incidents change some of it; the parts of the shop act on it and know no incident. */
export interface Conditions {
  /** Views of broken links, as a share of all page views: 404s that pose as exceptions. */
  brokenLinks: number
  /** Share of requests that get an answer at all. */
  answered: number
  /** One page on one host takes so many times longer. */
  slowPage: { hostname: string; url: string; factor: number } | undefined
  /** Requests that want a database connection at the same time, as a multiple of a usual day's. */
  parallelism: number
  /** Share of cache look-ups that hit. */
  cacheHits: number
  /** What one access to the database's disk takes, in ms. */
  diskWait: number
  /** Share of cart and checkout pages that fail in the shop's own code. */
  cartFailures: number
  /** A host that fails every second request, and fast. */
  brokenHost: string | undefined
  /** Share of page views the load balancer sends to the broken host; elsewhere it is shared out evenly. */
  brokenHostShare: number
  /** Attempts to log in with stolen lists, per second at a rate of 40 events/s. */
  attempts: number
  /** Background jobs started per second beyond the usual, at a rate of 40 events/s. */
  extraJobs: number
  /** Leaked UDP sockets as a share of how many the process may have, 0 to 1. */
  leak: number
  /** Build of the release that the web hosts run. */
  build: number
}

export const calm: Readonly<Conditions> = {
  brokenLinks: 0.001,
  answered: 1,
  slowPage: undefined,
  parallelism: 1,
  cacheHits: 0.93,
  diskWait: 2,
  cartFailures: 0,
  brokenHost: undefined,
  brokenHostShare: 0,
  attempts: 0,
  extraJobs: 0,
  leak: 0,
  build: 0,
}
