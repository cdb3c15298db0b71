import { asEvent, type SeenEvent } from '../text/event.ts'
import { token } from './token.ts'

/** What is asked: text and range, as the API takes it. */
export interface Question {
  readonly query: string
  /** `-15m`, or ms since the epoch. */
  readonly from?: string | number
  readonly to?: string | number
  readonly limit?: number
}

export interface Column {
  readonly name: string
  readonly type: string
}

export interface Stats {
  readonly scanned?: number
  readonly ms?: number
  readonly sources?: readonly string[]
  readonly coverage?: string
}

export interface Answer {
  readonly columns: readonly Column[]
  readonly rows: readonly (readonly unknown[])[]
  readonly stats?: Stats
}

/** Why there is no answer: in words, with the place in the query where there is one. */
export interface Refusal {
  readonly message: string
  readonly position?: number
  readonly hint?: string
}

export interface Reject {
  readonly received_at: number
  readonly channel: string
  readonly address: string
  readonly reason: string
  readonly sample: string
}

type Outcome<T> = { readonly ok: T } | { readonly refused: Refusal }

export async function ask(question: Question, signal?: AbortSignal): Promise<Outcome<Answer>> {
  const outcome = await request('/v1/query', {
    method: 'POST',
    body: JSON.stringify(question),
    ...(signal && { signal }),
  })
  return 'ok' in outcome ? { ok: outcome.ok as Answer } : outcome
}

/** The newest events of a filter and range, newest first. */
export async function askEvents(question: Question, signal?: AbortSignal): Promise<Outcome<SeenEvent[]>> {
  const outcome = await ask(question, signal)
  return 'ok' in outcome ? { ok: eventsOf(outcome.ok) } : outcome
}

/** The events of an answer that has any: one column of them, beside what `set` named. */
export function eventsOf(answer: Answer): SeenEvent[] {
  const { columns, rows } = answer
  const at = columns.findIndex(({ type }) => type === 'event')
  return rows.map(row => asEvent(row[at])).filter(event => event !== undefined)
}

export async function askRejects(): Promise<Outcome<Reject[]>> {
  const outcome = await request('/v1/rejects', {})
  return 'ok' in outcome ? { ok: (outcome.ok as { rejects?: Reject[] }).rejects ?? [] } : outcome
}

/** What of an event's way does not work: a clause, and since when in ms since the epoch. */
export interface Trouble {
  readonly since: number
  readonly message: string
}

/** ms in which who is well has answered. */
const PATIENCE = 10_000

/** Where the event that Telltale sends itself does not come back, as far as it is known to. */
export async function askCanary(): Promise<Outcome<Trouble[]>> {
  const outcome = await request('/v1/canary', { signal: AbortSignal.timeout(PATIENCE) })
  if (!('ok' in outcome)) return outcome
  const { stages = [] } = outcome.ok as { stages?: Partial<Trouble>[] }
  return { ok: stages.filter((stage): stage is Trouble => stage.since !== undefined && stage.message !== undefined) }
}

/** What a refusal looks like wherever the API says one. */
export function asRefusal(value: unknown): Refusal {
  if (typeof value === 'string') return { message: value }
  const { message, position, hint } = (value ?? {}) as { message?: unknown; position?: unknown; hint?: unknown }
  return {
    message: typeof message === 'string' ? message : 'The server refused without saying why.',
    ...(typeof position === 'number' && { position }),
    ...(typeof hint === 'string' && hint !== '' && { hint }),
  }
}

async function request(url: string, init: RequestInit): Promise<Outcome<unknown>> {
  const bearer = token.value
  const headers: Record<string, string> = {
    ...(init.body !== undefined && { 'content-type': 'application/json' }),
    ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }),
  }
  let response: Response
  let text: string
  try {
    response = await fetch(url, { ...init, headers })
    // Reading is part of asking: it can be cancelled, or cut off, after the head of the answer came.
    text = await response.text()
  } catch (error) {
    if ((error as Error).name === 'AbortError') return { refused: { message: 'Cancelled.' } }
    return {
      refused: { message: 'Telltale does not answer.', hint: 'Is it still running? This page reconnects by itself.' },
    }
  }
  const body = parsed(text)
  if (response.status === 401) token.refuse(asRefusal(body?.error).message)
  if (!response.ok)
    return {
      refused: body?.error
        ? asRefusal(body.error)
        : { message: `The server answered ${response.status} ${response.statusText}.` },
    }
  return body ? { ok: body } : { refused: { message: 'The server answered with something that is not JSON.' } }
}

function parsed(text: string): { readonly error?: unknown } | undefined {
  try {
    return JSON.parse(text) as { readonly error?: unknown }
  } catch {
    return undefined
  }
}
