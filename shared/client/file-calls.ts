/**
 * What is done to closed files as a whole, without streaming a byte: truncating, joining, taking leases, the trash; and
 * following what happens to them.
 */
import { DfsError } from '../errors.js'
import type { PublishedEvent } from '../events.js'
import type { CallOptions } from './client-options.js'
import type { ClientParts } from './client-parts.js'
import type { DeletedEntry, KeptForUndo, UndoRequest } from './deletions.js'
import type { WatchOptions } from './event-stream.js'
import { absolutePath } from './remote-path.js'

/** How often a file that is being closed is looked at. */
const POLL_MS = 200

export class FileCalls {
  readonly #parts: ClientParts
  /** Ends what waits for more without a call under way. */
  protected readonly closing = new AbortController()

  constructor(parts: ClientParts) {
    this.#parts = parts
  }

  /**
   * Follows what happens to a path and below it, through restarts of the namenode, until `signal` aborts or the client is closed. Only clusters of
   * ours have this; Apache's have none but for superusers.
   *
   *     for await (const event of client.watch('/incoming')) console.log(event.type, event.path)
   *
   * @throws DfsError EVENTS_MISSING when the namenode no longer knows what followed `from`
   */
  async *watch(path: string, options: WatchOptions = {}): AsyncGenerator<PublishedEvent> {
    const { watchEvents } = await import('./event-stream.js')
    const { fs, http, user, seams } = this.#parts
    const ends = [this.signal(options), this.closing.signal]
    const signal = AbortSignal.any(ends.filter((it) => it !== undefined))
    const where = { fs, user, path: absolutePath(path), clock: seams.clock }
    yield* watchEvents({ ...options, ...where, http: options.http ?? http, signal })
  }

  /**
   * Shortens a closed file. A cut inside a block takes its datanodes a moment, during which nobody can write the file.
   * @param options.wait return when the file has its new length and is closed
   * @returns false while the last block is still being cut
   * @throws DfsError NOT_FOUND, ILLEGAL_ARGUMENT for more than its length, ALREADY_BEING_CREATED
   */
  async truncate(
    path: string,
    lengthBytes: number,
    options: CallOptions & { readonly wait?: boolean | undefined } = {},
  ): Promise<boolean> {
    const { namenode, seams } = this.#parts
    const signal = this.signal(options)
    const src = absolutePath(path)
    // A name of its own: nothing is written under it, so nothing has to be renewed.
    const clientName = `DFSClient_NONMAPREDUCE_${seams.random.uuid()}`
    const { result } = await namenode.truncate({ src, newLength: lengthBytes, clientName }, signal)
    if (result || options.wait !== true) return result
    while (!(await this.isClosed(src, options))) await seams.clock.sleep(POLL_MS, signal)
    return true
  }

  /**
   * Appends the blocks of files of the same directory to another, in one step and without copying; the sources are gone
   * afterwards.
   * @throws DfsError NOT_FOUND, ILLEGAL_ARGUMENT (not closed, empty, in another directory, twice the same)
   */
  async concat(
    target: string,
    sources: readonly string[],
    options: CallOptions = {},
  ): Promise<void> {
    const request = { trg: absolutePath(target), srcs: sources.map((it) => absolutePath(it)) }
    await this.#parts.namenode.concat(request, this.signal(options))
  }

  /**
   * Takes an open file from its writer, and has it closed with what its datanodes agree on.
   * @returns whether it is closed already; else see `isClosed`
   */
  async recoverLease(path: string, options: CallOptions = {}): Promise<boolean> {
    const { namenode, seams } = this.#parts
    const clientName = `DFSClient_NONMAPREDUCE_${seams.random.uuid()}`
    const request = { src: absolutePath(path), clientName }
    return (await namenode.recoverLease(request, this.signal(options))).result
  }

  /** Whether nobody writes the file. @throws DfsError NOT_FOUND */
  async isClosed(path: string, options: CallOptions = {}): Promise<boolean> {
    const request = { src: absolutePath(path) }
    return (await this.#parts.namenode.isFileClosed(request, this.signal(options))).result
  }

  /**
   * Has the user's trash age: what is in it becomes a checkpoint, and checkpoints older than the server's trash interval
   * are deleted.
   * @param options.immediately deletes all checkpoints, however young, and makes none
   * @throws DfsError UNSUPPORTED when the trash is off
   */
  async expungeTrash(
    options: CallOptions & { readonly immediately?: boolean | undefined } = {},
  ): Promise<void> {
    const { expungeTrash } = await import('./trash-checkpoints.js')
    const { namenode, seams, user } = this.#parts
    const { serverDefaults } = await namenode.getServerDefaults({}, this.signal(options))
    const intervalMs = (serverDefaults.trashInterval ?? 0) * 60_000
    if (intervalMs <= 0) throw new DfsError('UNSUPPORTED', 'The trash of this cluster is off')
    await expungeTrash({
      namenode,
      user,
      wallMs: seams.clock.wallMs(),
      keepMs: options.immediately === true ? 'all' : intervalMs,
      signal: this.signal(options),
    })
  }

  /**
   * Brings back what was deleted or overwritten, with its attributes and all below it, while the cluster keeps it.
   *
   *     await client.delete('/data', { recursive: true })
   *     await client.undo({ path: '/data' })
   *
   * @returns where it was, and where it is now
   * @throws DfsError NOT_FOUND when it is not kept (any more) or is somebody else's, ALREADY_EXISTS, UNSUPPORTED on
   *   Apache's clusters
   */
  async undo(
    request: UndoRequest = {},
    options: CallOptions = {},
  ): Promise<{ readonly from: string; readonly path: string }> {
    const { undo } = await import('./deletions.js')
    const absolute = (path: string | undefined) => path && absolutePath(path)
    const { path, to } = request
    const wanted = { ...request, path: absolute(path), to: absolute(to) }
    return await undo(this.#parts.namenode, wanted, this.signal(options))
  }

  /** What can be brought back of `path` and below: the caller's own, everything for a superuser. */
  async *deleted(
    path: string,
    options: CallOptions = {},
  ): AsyncGenerator<DeletedEntry, void, undefined> {
    const { listDeleted } = await import('./deletions.js')
    yield* listDeleted(this.#parts.namenode, absolutePath(path), this.signal(options))
  }

  /** What all that was deleted and can be brought back takes; undefined on Apache's clusters. */
  async keptForUndo(options: CallOptions = {}): Promise<KeptForUndo | undefined> {
    const { keptForUndo } = await import('./deletions.js')
    return await keptForUndo(this.#parts.namenode, this.signal(options))
  }

  /** The call's signal and the client's, whichever aborts first. */
  protected signal({ signal }: CallOptions): AbortSignal | undefined {
    const own = this.#parts.signal
    if (signal === undefined || own === undefined) return signal ?? own
    return signal === own ? own : AbortSignal.any([own, signal])
  }
}
