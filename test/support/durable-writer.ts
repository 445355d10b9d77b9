/** A writer that keeps a record of every file whose close was acknowledged, whatever happens to the cluster meanwhile. */
import { DfsClient } from '../../shared/client/dfs-client.js'
import { content } from './content.js'

export interface AcknowledgedFile {
  readonly path: string
  readonly seed: number
  readonly lengthBytes: number
}

export class DurableWriter {
  readonly #name: string
  readonly #fs: string
  readonly #acknowledged: AcknowledgedFile[] = []
  #isStopping = false
  #running: Promise<void> | undefined
  failures = 0

  constructor(name: string, fs: string) {
    this.#name = name
    this.#fs = fs
  }

  get acknowledged(): readonly AcknowledgedFile[] {
    return this.#acknowledged
  }

  start(): this {
    this.#running = this.#run()
    return this
  }

  async stop(): Promise<void> {
    this.#isStopping = true
    await this.#running
  }

  async #run(): Promise<void> {
    for (let round = 0; !this.#isStopping; round += 1) {
      const client = DfsClient.connect({ fs: this.#fs })
      try {
        // Lengths from nothing to several blocks, and odd ones.
        const lengthBytes = (round * 7919 * 131) % 300_000
        const path = `/${this.#name}/${round}`
        const seed = round + 1
        await client.writeFile(path, content(seed, lengthBytes), {
          blockSizeBytes: 65_536,
          signal: AbortSignal.timeout(10_000),
        })
        this.#acknowledged.push({ path, seed, lengthBytes })
      } catch {
        // Not acknowledged: it may be there wholly or not at all, and is not counted.
        this.failures += 1
        await new Promise((resolve) => setTimeout(resolve, 20))
      } finally {
        await client.close()
      }
    }
  }
}
