/** One of those who send, as all of them together see it. */
export interface Member {
  /** Bytes of a message whose end has not come. */
  readonly part: number
  /** Reads, or reads no more, as there is room. */
  weigh(): void
  /** There is no room for what it began: it may send it again later. */
  crowdedOut(): void
}

/**
 * What all who send hold together: messages that are not answered, and parts of messages. Where that is more than there
 * may be, nobody is read until half of it is free again. Only answers free anything, and a message that is not read to its
 * end is never answered: so whoever holds most of those must go, where they take more than half.
 */
export class Crowd {
  readonly #most: number
  readonly #changed: (bytes: number) => void
  readonly #members = new Set<Member>()
  #held = 0
  #parts = 0
  #full = false

  /** @param changed told of bytes that are held more, or less, for who counts them with others */
  constructor(most: number, changed: (bytes: number) => void = () => {}) {
    this.#most = most
    this.#changed = changed
  }

  get held(): number {
    return this.#held
  }

  get full(): boolean {
    return this.#full
  }

  join(member: Member): void {
    this.#members.add(member)
  }

  leave(member: Member): void {
    this.#members.delete(member)
  }

  /** Of a message: they are there already, so they count also where there is no room. */
  hold(bytes: number): void {
    this.#held += bytes
    this.#changed(bytes)
    const full = this.#full ? this.#held > this.#most / 2 : this.#held > this.#most
    if (full !== this.#full) {
      this.#full = full
      for (const member of this.#members) member.weigh()
    }
    if (full && this.#parts > this.#most / 2) this.#thin()
  }

  /** Of a message whose end has not come. */
  holdPart(bytes: number): void {
    this.#parts += bytes
    this.hold(bytes)
  }

  #thin(): void {
    for (const member of [...this.#members].sort((a, b) => b.part - a.part)) {
      if (this.#parts <= this.#most / 2) return
      // What it holds counts until its connection is closed.
      this.#parts -= member.part
      this.#members.delete(member)
      member.crowdedOut()
    }
  }
}
