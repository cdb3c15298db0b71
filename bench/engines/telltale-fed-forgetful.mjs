// As telltale-fed.mjs, with nothing remembered between queries.
import Telltale from './telltale-fed.mjs'

export default class extends Telltale {
  name = 'telltale ring, first asking, taking 20k events/s'
  options = { remember: 0 }
}
