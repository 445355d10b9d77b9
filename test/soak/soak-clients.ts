/** Clients of different kinds that live their lives on one cluster and check every byte that they read. */
import type { DfsClient } from '../../shared/client/dfs-client.js'
import type { Random } from '../../shared/random.js'
import { content } from '../support/content.js'

const KIB = 1024
/** Files that each client keeps; older ones are deleted, so that a soak of any length takes the same room. */
const KEPT_FILES = 40
const CALL_LIMIT_MS = 30_000
const AFTER_FAILURE_MS = 50

interface KnownFile {
  readonly path: string
  readonly seed: number
  readonly lengthBytes: number
}

/** What one kind of client can do. */
interface Face {
  write(path: string, bytes: Buffer): Promise<void>
  read(path: string): Promise<Buffer>
}

export interface Tally {
  operations: number
  /** Refused or cut off, as faults do it; the client goes on. */
  failures: number
  readonly wrong: string[]
}

export class SoakClient {
  readonly tally: Tally = { operations: 0, failures: 0, wrong: [] }
  readonly #name: string
  readonly #client: DfsClient
  readonly #face: Face
  readonly #random: Random
  #files: KnownFile[] = []
  #isStopping = false
  #running: Promise<void> = Promise.resolve()

  constructor(name: string, client: DfsClient, face: Face, random: Random) {
    this.#name = name
    this.#client = client
    this.#face = face
    this.#random = random
  }

  start(): this {
    this.#running = this.#run()
    return this
  }

  async stop(): Promise<void> {
    this.#isStopping = true
    await this.#running
  }

  /** Reads everything again that was acknowledged and is kept: nothing may be missing or different. */
  async verifyAll(): Promise<void> {
    for (const file of this.#files) await this.#verify(file)
  }

  async #run(): Promise<void> {
    for (let round = 0; !this.#isStopping; round += 1) {
      try {
        await this.#turn(round)
        this.tally.operations += 1
      } catch {
        // A fault is under way: what was not acknowledged is not counted on.
        this.tally.failures += 1
        await new Promise((resolve) => setTimeout(resolve, AFTER_FAILURE_MS))
      }
    }
  }

  async #turn(round: number): Promise<void> {
    const chance = this.#random.next()
    const some = this.#files[this.#random.below(Math.max(1, this.#files.length))]
    if (some === undefined || chance < 0.4) await this.#write(round)
    else if (chance < 0.8) await this.#verify(some)
    else if (chance < 0.9) await this.#rename(some, round)
    else for await (const entry of this.#client.list(`/${this.#name}`)) void entry.lengthBytes
    const oldest = this.#files.length > KEPT_FILES ? this.#files.shift() : undefined
    if (oldest !== undefined) await this.#client.delete(oldest.path)
  }

  async #write(round: number): Promise<void> {
    const path = `/${this.#name}/${round}`
    const file = { path, seed: round + 1, lengthBytes: this.#random.below(600 * KIB) }
    await this.#face.write(path, content(file.seed, file.lengthBytes))
    this.#files.push(file)
  }

  async #rename(file: KnownFile, round: number): Promise<void> {
    const path = `/${this.#name}/renamed-${round}`
    // In between, it may be at either place: if the answer is lost, it is not counted on any more.
    this.#files = this.#files.filter((it) => it !== file)
    const signal = AbortSignal.timeout(CALL_LIMIT_MS)
    await this.#client.renameStrictly(file.path, path, { signal })
    this.#files.push({ ...file, path })
  }

  async #verify({ path, seed, lengthBytes }: KnownFile): Promise<void> {
    const bytes = await this.#face.read(path)
    if (!bytes.equals(content(seed, lengthBytes))) {
      this.tally.wrong.push(
        `${path} is not what was written (${bytes.length} of ${lengthBytes} bytes)`,
      )
    }
  }
}

/** Hadoop's protocols, through our library. */
export function rpcFace(client: DfsClient): Face {
  const options = () => ({ signal: AbortSignal.timeout(CALL_LIMIT_MS) })
  return {
    write: (path, bytes) => client.writeFile(path, bytes, { overwrite: true, ...options() }),
    read: (path) => client.readFile(path, options()),
  }
}

/** WebHDFS in two steps. @param httpUrl of the namenode; @param user who is said to call */
export function webhdfsFace(httpUrl: string, user: string): Face {
  const request = async (path: string, query: string, init: RequestInit): Promise<Response> => {
    const url = `${httpUrl}/webhdfs/v1${path}?user.name=${user}&${query}`
    const signal = AbortSignal.timeout(CALL_LIMIT_MS)
    const first = await fetch(url, { ...init, body: null, redirect: 'manual', signal })
    await first.arrayBuffer()
    const place = first.headers.get('location')
    if (place === null) throw new Error(`${first.status} instead of a redirect`)
    const second = await fetch(place, { ...init, signal })
    if (!second.ok) throw new Error(`${second.status} ${await second.text()}`)
    return second
  }
  return {
    write: async (path, bytes) => {
      const body = new Uint8Array(bytes)
      const answer = await request(path, 'op=CREATE&overwrite=true', { method: 'PUT', body })
      await answer.arrayBuffer()
    },
    read: async (path) => {
      const answer = await request(path, 'op=OPEN', { method: 'GET' })
      return Buffer.from(await answer.arrayBuffer())
    },
  }
}
