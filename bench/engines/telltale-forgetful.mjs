// As telltale.mjs, with nothing remembered between queries: what the first asking costs.
import Telltale from './telltale.mjs'

export default class extends Telltale {
  name = 'telltale ring, first asking'
  options = { remember: 0 }
}
