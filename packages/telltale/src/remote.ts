import { Option } from 'commander'

/** Where a running Telltale is, as every command that talks to one takes it. */
export interface Remote {
  url: string
  token?: string
}

export function urlOption(): Option {
  return new Option('--url <url>', 'a running Telltale').env('TELLTALE_URL').default('http://127.0.0.1:7575')
}

export function tokenOption(): Option {
  return new Option('--token <token>', 'its token').env('TELLTALE_TOKEN')
}

/** Asks a running Telltale. Throws a sentence for a person where it can't be reached or says no. */
export async function request(remote: Remote, path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers)
  if (remote.token !== undefined) headers.set('authorization', `Bearer ${remote.token}`)
  let response: Response
  try {
    response = await fetch(new URL(path, remote.url), { ...init, headers })
  } catch (error) {
    throw new Error(`no Telltale answers at ${remote.url} (${reason(error)}); start one with: telltale start`)
  }
  if (response.ok) return response
  const body = (await response.json().catch(() => ({}))) as { error?: { message: string; hint?: string } }
  const hint = body.error?.hint ? ` (${body.error.hint})` : ''
  throw new Error(`${body.error?.message ?? `${response.status} ${response.statusText}`}${hint}`)
}

function reason(error: unknown): string {
  const { cause, message } = error as Error & { cause?: { code?: string; message?: string } }
  return cause?.code ?? cause?.message ?? message
}
