/** Clients of this cluster for the users of HTTP requests: one each, the longest unused given up first. */
import { DfsClient } from '../../shared/client/dfs-client.js'
import type { Log } from '../../shared/log.js'
import type { Seams } from '../../shared/seams.js'

const MAX_CLIENTS = 100

export class ClientCache {
  readonly #fs: string
  readonly #seams: Seams
  readonly #log: Log
  /** In order of use, the longest unused first. */
  readonly #clients = new Map<string, DfsClient>()

  constructor(options: { readonly fs: string; readonly seams: Seams }) {
    this.#fs = options.fs
    this.#seams = options.seams
    this.#log = options.seams.log
  }

  clientFor(user: string): DfsClient {
    const client =
      this.#clients.get(user) ?? DfsClient.connect({ fs: this.#fs, user, seams: this.#seams })
    this.#clients.delete(user)
    this.#clients.set(user, client)
    this.#shrink()
    return client
  }

  async close(): Promise<void> {
    const clients = [...this.#clients.values()]
    this.#clients.clear()
    await Promise.all(clients.map((it) => it.close()))
  }

  /**
   * A client with a transfer under way may be given up too: its open files keep their connections, only its lease
   * renewals end, and a hundred users with uploads of more than a lease's limit at once are not what this face is for.
   */
  #shrink(): void {
    for (const [user, client] of this.#clients) {
      if (this.#clients.size <= MAX_CLIENTS) return
      this.#clients.delete(user)
      client.close().catch((error: unknown) => {
        this.#log.warn({ err: error, user }, 'closing an unused client failed')
      })
    }
  }
}
