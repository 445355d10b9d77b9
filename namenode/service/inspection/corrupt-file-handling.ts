/**
 * `fsck -delete` and `-move`: what an administrator wants done with files that have lost blocks, done while a check walks
 * by. A file moved to /lost+found keeps its name there and all its blocks: HDFS copies what can be read into pieces, but a
 * namenode that never touches bytes moves the file as it is, and when its lost nodes come back it is whole again.
 */
import { DfsError, toDfsError } from '../../../shared/errors.js'
import type { Call } from '../access/call.js'
import type { Namespace } from '../namespace/namespace.js'
import type { Fsck, FsckRequest } from './fsck.js'
import type { FsckItem } from './fsck-model.js'

export type CorruptFileAction = 'none' | 'delete' | 'move'

const LOST_AND_FOUND = '/lost+found'
const FOLDER_PERMISSION = 0o755

export interface CorruptFileHandlingOptions {
  readonly fsck: Pick<Fsck, 'check'>
  /** As the faces have it: refuses changes in safe mode, when blocks only seem to be missing. */
  readonly namespace: Pick<Namespace, 'delete' | 'mkdirs' | 'renameStrictly' | 'status'>
}

export class CorruptFileHandling {
  readonly #options: CorruptFileHandlingOptions

  constructor(options: CorruptFileHandlingOptions) {
    this.#options = options
  }

  /**
   * As `Fsck.check`; closed files with missing blocks are dealt with after they were yielded. One that cannot be, because
   * its name is taken in /lost+found or it has changed meanwhile, is told of and does not end the check, as in HDFS.
   * @throws DfsError as the check does, and SAFE_MODE or PERMISSION_DENIED from the first change
   */
  async *check(
    call: Call,
    request: FsckRequest & { readonly action: CorruptFileAction },
  ): AsyncGenerator<FsckItem, void, undefined> {
    for await (const item of this.#options.fsck.check(call, request)) {
      yield item
      if (item.kind !== 'file' || item.isOpen || !item.problems.includes('missing')) continue
      const message = await this.#deal(call, item.path, request.action)
      if (message !== undefined) yield { kind: 'failure', path: item.path, message }
    }
  }

  /** @returns why it was not done; undefined when it was */
  async #deal(call: Call, path: string, action: CorruptFileAction): Promise<string | undefined> {
    try {
      if (action === 'delete') await this.#delete(call, path)
      else if (action === 'move') await this.#move(call, path)
      return undefined
    } catch (error) {
      const { code, message } = toDfsError(error)
      if (code === 'SAFE_MODE' || code === 'PERMISSION_DENIED') throw error
      return message
    }
  }

  async #delete(call: Call, path: string): Promise<void> {
    await this.#options.namespace.delete(call, { path, recursive: false })
  }

  async #move(call: Call, path: string): Promise<void> {
    const { namespace } = this.#options
    if (path.startsWith(`${LOST_AND_FOUND}/`)) return
    const target = `${LOST_AND_FOUND}${path}`
    if (namespace.status(call, target) !== undefined) {
      throw new DfsError('ALREADY_EXISTS', `${target} exists: ${path} stays where it is`)
    }
    const folder = target.slice(0, target.lastIndexOf('/'))
    await namespace.mkdirs(call, {
      path: folder,
      permission: FOLDER_PERMISSION,
      createParent: true,
    })
    await namespace.renameStrictly(call, { from: path, to: target, overwrite: false })
  }
}
