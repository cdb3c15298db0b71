import type { ReactiveController, ReactiveControllerHost } from 'lit'

/** Something that changes, and those who want to know. */
export class Topic {
  readonly #followers = new Set<() => void>()

  follow(follower: () => void): () => void {
    this.#followers.add(follower)
    return () => void this.#followers.delete(follower)
  }

  tell(): void {
    for (const follower of [...this.#followers]) follower()
  }
}

/** Draws an element again when a topic changes, at most every `ms`, and not while the page is hidden. */
export class Follow implements ReactiveController {
  readonly #host: ReactiveControllerHost
  readonly #topic: () => Topic
  readonly #ms: number
  #stop: (() => void) | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  #last = 0

  constructor(host: ReactiveControllerHost, topic: () => Topic, ms = 0) {
    this.#host = host
    this.#topic = topic
    this.#ms = ms
    host.addController(this)
  }

  hostConnected(): void {
    this.#stop = this.#topic().follow(() => this.#changed())
  }

  hostDisconnected(): void {
    this.#stop?.()
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #changed(): void {
    if (this.#timer !== undefined) return
    const wait = Math.max(0, this.#last + this.#ms - performance.now())
    if (wait === 0) this.#draw()
    else this.#timer = setTimeout(() => this.#draw(), wait)
  }

  #draw(): void {
    this.#timer = undefined
    this.#last = performance.now()
    this.#host.requestUpdate()
  }
}
