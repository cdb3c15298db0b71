import { Agent, request } from 'node:http'
import { gzipSync } from 'node:zlib'
import type { Desk } from '../crowd.ts'
import type { Parcel } from '../ledger.ts'
import { linesOf } from './lines.ts'

interface Answer {
  status: number
  error?: { message: string }
  accepted: number
  rejected: { index: number; reason: string }[]
}

/** A client that posts NDJSON, and tries again elsewhere or later where it is refused. */
export async function http(desk: Desk): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  for (let at = await desk.address(); at !== undefined; ) {
    const parcel = await desk.parcel()
    if (parcel === undefined) break
    try {
      const { status, accepted, rejected, error } = await post(
        `${at.url}/v1/events`,
        parcel,
        desk.random.oneIn(5),
        agent,
      )
      if (status === 202) {
        desk.ledger.answered(parcel, accepted, rejected)
        desk.acknowledged('http')
        continue
      }
      if (status !== 503 && status !== 429) desk.ledger.surprises.push(`HTTP answered ${status}`)
      desk.ledger.turnedAway(parcel, error?.message ?? String(status), desk.random.oneIn(2))
    } catch {
      desk.ledger.unanswered(parcel.first, parcel.first + parcel.count)
    }
    at = await desk.address()
  }
  agent.destroy()
}

function post(url: string, parcel: Parcel, zipped: boolean, agent: Agent): Promise<Answer> {
  const lines = linesOf(parcel)
  const body = zipped ? gzipSync(lines) : lines
  // Not declared to be lines: then it is taken at once, as a whole or not at all.
  const headers = { 'content-type': 'application/json', 'content-length': body.length }
  return new Promise((resolve, reject) => {
    const options = { method: 'POST', agent, headers: zipped ? { ...headers, 'content-encoding': 'gzip' } : headers }
    const asked = request(url, options, response => {
      let text = ''
      response.setEncoding('utf8').on('data', chunk => (text += chunk))
      response.on('error', reject)
      response.on('close', () => reject(new Error('the answer was cut off')))
      response.on('end', () => {
        try {
          resolve({ status: response.statusCode!, ...(JSON.parse(text) as Omit<Answer, 'status'>) })
        } catch (error) {
          reject(error)
        }
      })
    })
    asked.on('error', reject)
    asked.end(body)
  })
}
