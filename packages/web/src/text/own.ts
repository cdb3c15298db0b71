/** Types of events Telltale makes of itself and its machine: many, regular, and seldom what a person looks for. */
export const OWN: RegExp = /^(host|telltale)_/

/** What they are called where they are shown as one. */
export const OWN_NAME = 'host_* telltale_*'

/** The filter that asks for them. */
export const OWN_CLAUSE = 'type ~ "host_*" or type ~ "telltale_*"'
