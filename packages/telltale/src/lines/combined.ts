import { readTime } from '@telltale/event'

const LINE =
  /^(\S+) \S+ (\S+) \[(\d\d)\/(\w{3})\/(\d{4}):(\d\d:\d\d:\d\d) ([+-]\d{4})\] "((?:[^"\\]|\\.)*)" (\d{3}) (\d+|-)(?: "((?:[^"\\]|\\.)*)" "((?:[^"\\]|\\.)*)")?/
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** A line of an access log in the common or combined format as an event; undefined where it is none. */
export function readCombined(line: string): Record<string, unknown> | undefined {
  const match = LINE.exec(line)
  if (match === null) return undefined
  const [, client, user, day, month, year, clock, zone, request, status, bytes, referrer, agent] = match
  const monthNumber = MONTHS.indexOf(month!) + 1
  if (monthNumber === 0) return undefined
  const time = `${year}-${String(monthNumber).padStart(2, '0')}-${day}T${clock}${zone}`
  if (readTime(time) === undefined) return undefined
  const [method, path, protocol] = request!.split(' ')
  const said = (text: string | undefined): string | undefined => (text === '-' || text === '' ? undefined : text)
  return {
    type: 'access',
    time,
    additional_info: {
      client,
      user: said(user),
      method: path === undefined ? undefined : method,
      url: path ?? request,
      protocol,
      status: Number(status),
      bytes: bytes === '-' ? 0 : Number(bytes),
      referrer: said(referrer),
      user_agent: said(agent),
      message: line,
    },
  }
}
