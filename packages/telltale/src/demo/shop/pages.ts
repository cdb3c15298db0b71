import { type Random, weighted, zipf } from '../random.ts'

export const SITE = 'http://mysite.com'

/** A page of the shop. */
export interface Page {
  url: string
  kind: 'landing' | 'category' | 'product' | 'search' | 'cart' | 'checkout'
  /** Usual time of its own code, in s. */
  median: number
  /** Database queries it makes, on average. */
  queries: number
}

const CATEGORIES = ['dresses', 'shoes', 'bags', 'jackets', 'jeans', 'jewellery', 'hats', 'sale']
const products = Array.from({ length: 240 }, (_, n) =>
  page('product', `/product/${1000 + ((n * 7919) % 9000)}`, 0.06, 0.7),
)
const categories = CATEGORIES.map(name => page('category', `/${name}`, 0.09, 1.2))
const landing = page('landing', '/', 0.04, 0.2)
const search = page('search', '/search', 0.14, 1.5)
const cart = page('cart', '/cart', 0.05, 1)
const checkout = page('checkout', '/checkout', 0.18, 2)

function page(kind: Page['kind'], path: string, median: number, queries: number): Page {
  return { kind, url: `${SITE}${path}`, median, queries }
}

const kinds = weighted(
  [
    { draw: () => landing, weight: 22 },
    { draw: zipf(categories, 0.8), weight: 24 },
    { draw: zipf(products, 1.05), weight: 34 },
    { draw: () => search, weight: 11 },
    { draw: () => cart, weight: 6 },
    { draw: () => checkout, weight: 3 },
  ],
  kind => kind.weight,
)

/** What a visitor looks at. */
export function drawPage(random: Random): Page {
  return kinds(random).draw(random)
}

/** Links that lead nowhere: what crawlers and old newsletters ask for. */
export function drawMissing(random: Random): string {
  const names = ['apple-touch-icon.png', 'robots.txt.bak', 'wp-login.php', 'summer-2011', 'img/pixel.gif', 'feed.xml']
  return `${SITE}/${random.pick(names)}`
}

/** Visitors come back: a few often, most of them rarely. */
export const drawUser: (random: Random) => string = zipf(
  Array.from({ length: 3000 }, (_, n) => `u${10000 + n * 7}`),
  0.6,
)
