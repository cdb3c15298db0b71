import { Topic } from '../page/topic.ts'

const KEY = 'telltale-token'

/** The token the server may want: kept for this tab only. */
class Token {
  readonly changed: Topic = new Topic()
  /** Set while the server wants one (or another): its words. */
  wanted: string | undefined

  get value(): string | undefined {
    return sessionStorage.getItem(KEY) ?? undefined
  }

  give(value: string): void {
    sessionStorage.setItem(KEY, value)
    this.wanted = undefined
    this.changed.tell()
  }

  refuse(message: string): void {
    if (this.wanted === message) return
    this.wanted = message
    this.changed.tell()
  }
}

export const token: Token = new Token()
