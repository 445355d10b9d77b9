/** One client at work: it makes, extends, reads, moves, lists and deletes files of its own, and remembers what it was told. */
import type { DfsClient } from '../../../shared/client/dfs-client.js'
import { type DfsError, toDfsError } from '../../../shared/errors.js'
import type { Random } from '../../../shared/random.js'
import type { Life } from '../world/life.js'
import { BLOCK_BYTES } from '../world/settings.js'
import { complaintAbout, contentOf, type KnownFile } from './known-file.js'

export interface ClientLoadOptions {
  readonly name: string
  readonly client: DfsClient
  readonly life: Life
  readonly random: Random
  /** A promise was broken. */
  readonly onViolation: (text: string) => void
}

export interface LoadCounts {
  ok: number
  failed: number
}

const MAX_PAUSE_MS = 400
const MAX_FILE_BLOCKS = 3

export class ClientLoad {
  readonly files: KnownFile[] = []
  readonly counts: LoadCounts = { ok: 0, failed: 0 }
  readonly #options: ClientLoadOptions
  #isStopping = false
  #made = 0
  /** Names that were never used, or whose end is certain, are not in here. */
  readonly #possibleNames = new Set<string>()

  constructor(options: ClientLoadOptions) {
    this.#options = options
  }

  /** Works until `stop`; resolves after the operation that runs then. */
  async run(): Promise<void> {
    const { life, random } = this.#options
    await this.#makeFolder()
    while (!this.#isStopping) {
      await life.clock.sleep(random.next() * MAX_PAUSE_MS)
      await this.#step()
    }
  }

  stop(): void {
    this.#isStopping = true
  }

  get #folder(): string {
    return `/${this.#options.name}`
  }

  async #makeFolder(): Promise<void> {
    const { client, life } = this.#options
    while (!this.#isStopping) {
      const isMade = await this.#try('mkdir', this.#folder, () => client.mkdir(this.#folder))
      if (isMade.ok) return
      await life.clock.sleep(MAX_PAUSE_MS)
    }
  }

  async #step(): Promise<void> {
    const choice = this.#options.random.below(100)
    if (choice < 35) await this.#create()
    else if (choice < 50) await this.#append()
    else if (choice < 72) await this.#read()
    else if (choice < 80) await this.#rename()
    else if (choice < 87) await this.#setReplication()
    else if (choice < 94) await this.#delete()
    else await this.#list()
  }

  async #create(): Promise<void> {
    const { client, random, name } = this.#options
    this.#made += 1
    const tag = `${name}f${this.#made}`
    const path = `${this.#folder}/${tag}`
    this.#possibleNames.add(path)
    const lengthBytes = this.#someLength()
    const file: KnownFile = {
      tag,
      path,
      presence: 'unknown',
      renamedTo: undefined,
      acknowledged: Buffer.alloc(0),
      attempted: contentOf(tag, 0, lengthBytes),
      isDefinite: false,
      isClosed: false,
    }
    this.files.push(file)
    const replication = 2 + random.below(2)
    const opened = await this.#try('create', path, () => client.create(path, { replication }))
    if (!opened.ok) return
    file.presence = 'present'
    await this.#fill(file, opened.value, 0)
  }

  async #append(): Promise<void> {
    const file = this.#some((it) => it.presence === 'present' && it.isDefinite && it.isClosed)
    if (file === undefined) return
    const { client } = this.#options
    const opened = await this.#try('append', file.path, () => client.append(file.path))
    if (!opened.ok) return
    const before = file.acknowledged.length
    file.isClosed = false
    file.isDefinite = false
    file.attempted = contentOf(file.tag, 0, before + 1 + this.#someLength())
    await this.#fill(file, opened.value, before)
  }

  /** Writes what is attempted behind `before`, in pieces, and closes. */
  async #fill(
    file: KnownFile,
    writer: Awaited<ReturnType<DfsClient['create']>>,
    before: number,
  ): Promise<void> {
    const { random, life } = this.#options
    const written = await this.#try('write', file.path, async () => {
      let at = before
      while (at < file.attempted.length) {
        const end = Math.min(file.attempted.length, at + 1 + random.below(BLOCK_BYTES))
        await writer.write(file.attempted.subarray(at, end))
        at = end
        if (random.below(4) === 0) await life.clock.sleep(random.below(3_000))
        if (random.below(4) === 0) {
          await writer.hsync()
          file.acknowledged = file.attempted.subarray(0, at)
        }
      }
      await writer.close()
    })
    if (!written.ok) {
      await writer.abort()
      return
    }
    file.acknowledged = file.attempted
    file.isDefinite = true
    file.isClosed = true
  }

  async #read(): Promise<void> {
    const file = this.#some((it) => it.presence === 'present')
    if (file === undefined) return
    const { client, onViolation } = this.#options
    const found = await this.#try('read', file.path, () => client.readFile(file.path))
    if (!found.ok) {
      if (found.error.code === 'NOT_FOUND') onViolation(`I1: ${file.path} is gone: read`)
      return
    }
    // Also while it is open: what was synced is shown to everybody who opens it afterwards.
    const complaint = complaintAbout(file, found.value)
    if (complaint !== undefined) onViolation(`${complaint}: read`)
  }

  async #rename(): Promise<void> {
    const file = this.#some((it) => it.presence === 'present' && it.isClosed)
    if (file === undefined) return
    const { client, onViolation } = this.#options
    this.#made += 1
    const from = file.path
    const to = `${this.#folder}/${file.tag}-${this.#made}`
    this.#possibleNames.add(to)
    // Without an answer it stays in doubt which of the two names it has.
    file.presence = 'unknown'
    file.renamedTo = to
    const moved = await this.#try('rename', from, () => client.renameStrictly(from, to))
    if (moved.ok) {
      file.presence = 'present'
      file.path = to
      file.renamedTo = undefined
      this.#possibleNames.delete(from)
      return
    }
    if (moved.error.code === 'NOT_FOUND') onViolation(`I9: ${from} is gone: rename`)
  }

  async #setReplication(): Promise<void> {
    const file = this.#some((it) => it.presence === 'present')
    if (file === undefined) return
    const { client, random } = this.#options
    const replication = 2 + random.below(2)
    await this.#try('setrep', file.path, () => client.setReplication(file.path, replication))
  }

  async #delete(): Promise<void> {
    const file = this.#some((it) => it.presence === 'present')
    if (file === undefined) return
    const { client, onViolation } = this.#options
    // In doubt from the moment of the question: what is gone must not be missed meanwhile.
    file.presence = 'unknown'
    const gone = await this.#try('delete', file.path, () => client.delete(file.path))
    if (!gone.ok) return
    if (!gone.value) onViolation(`I9: ${file.path} is gone: delete`)
    file.presence = 'absent'
    this.#possibleNames.delete(file.path)
  }

  async #list(): Promise<void> {
    const { client, onViolation } = this.#options
    const listed = await this.#try('list', this.#folder, async () => {
      const paths: string[] = []
      for await (const { path } of client.list(this.#folder)) paths.push(path)
      return paths
    })
    if (!listed.ok) return
    const paths = new Set(listed.value)
    for (const { path, presence } of this.files) {
      if (presence === 'present' && !paths.has(path)) onViolation(`I9: ${path} is gone: list`)
    }
    for (const path of paths) {
      if (!this.#possibleNames.has(path)) onViolation(`I9: ${path} should not be there: list`)
    }
  }

  /** Runs one operation; every refusal and every silence is remembered, none is an error of the simulation. */
  async #try<T>(
    operation: string,
    path: string,
    run: () => Promise<T>,
  ): Promise<{ readonly ok: true; readonly value: T } | { readonly ok: false; error: DfsError }> {
    const { life } = this.#options
    try {
      const value = await run()
      this.counts.ok += 1
      life.scheduler.note(`${operation} ${path}: ok`)
      return { ok: true, value }
    } catch (thrown) {
      const error = toDfsError(thrown)
      this.counts.failed += 1
      const what = error.message.split('\n')[0] ?? ''
      life.scheduler.note(`${operation} ${path}: ${error.code} ${what.slice(0, 150)}`)
      if (error.code === 'INTERNAL') {
        this.#options.onViolation(`P5: ${operation} ${path}: ${error.stack ?? what}`)
      }
      return { ok: false, error }
    }
  }

  #some(isFit: (file: KnownFile) => boolean): KnownFile | undefined {
    const fit = this.files.filter(isFit)
    return fit.length === 0 ? undefined : fit[this.#options.random.below(fit.length)]
  }

  /** Edges of packets, chunks and blocks more often than chance would give them. */
  #someLength(): number {
    const { random } = this.#options
    const most = MAX_FILE_BLOCKS * BLOCK_BYTES
    const edges = [0, 1, 511, 512, 513, BLOCK_BYTES - 1, BLOCK_BYTES, BLOCK_BYTES + 1]
    if (random.below(4) === 0) return edges[random.below(edges.length)] ?? 0
    return random.below(most)
  }
}
