/** Events made into objects in a step. */
export const EVENTS = 16
