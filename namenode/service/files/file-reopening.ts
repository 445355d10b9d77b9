/** Files that were closed or abandoned: appending, truncating, and taking over the lease of a silent writer. */
import { DfsError } from '../../../shared/errors.js'
import type { InodeId } from '../../../shared/ids.js'
import type { Call } from '../access/call.js'
import type { BlockManager } from '../blocks/block-manager.js'
import type { Namespace } from '../namespace/namespace.js'
import type { BlockRecord, FileStatus } from '../namespace/namespace-model.js'
import type { SafeMode } from '../safe-mode.js'
import type { LocatedBlock, LocatedBlocks } from './located-blocks.js'

/** Agrees with the datanodes on the length of an abandoned file and closes it: block management's part. */
export interface LeaseRecovery {
  /** Resolves when it has begun; `closed` when nothing was left to agree on. */
  startLeaseRecovery(fileId: InodeId): Promise<'closed' | 'recovering'>
}

export interface FileReopeningOptions {
  readonly namespace: Namespace
  readonly blockManager: BlockManager
  readonly located: LocatedBlocks
  readonly safeMode: SafeMode
  readonly leaseRecovery: LeaseRecovery
}

export interface ReopenedFile {
  readonly status: FileStatus
  /** The last block when it has room, or when a new one was asked for. */
  readonly lastBlock: LocatedBlock | undefined
}

const WRITE_ACCESS = 2

export class FileReopening {
  readonly #options: FileReopeningOptions

  constructor(options: FileReopeningOptions) {
    this.#options = options
  }

  /**
   * Reopens a closed file for `holder`.
   *
   * The replicas of the last block stay the valid ones until a pipeline is set up: a writer that appends nothing closes
   * with the same block, and one that continues tells its new nodes by `updatePipeline` or through their reports.
   * @throws DfsError NOT_FOUND, ALREADY_EXISTS for a directory, ALREADY_BEING_CREATED, RETRIABLE while the last block has
   * no reachable replica
   */
  async append(
    call: Call,
    request: { readonly path: string; readonly holder: string; readonly newBlock: boolean },
  ): Promise<ReopenedFile> {
    const { namespace, safeMode, located } = this.#options
    safeMode.requireOff(`Cannot append to file${request.path}`)
    if (!request.newBlock) this.#requireLastBlockReachable(call, request.path)
    const { status, lastBlock } = await namespace.append(call, request)
    if (lastBlock === undefined) return { status, lastBlock: undefined }
    if (request.newBlock) return { status, lastBlock: located.atReplicas(call, lastBlock, -1, []) }
    if (lastBlock.lengthBytes >= status.blockSizeBytes) return { status, lastBlock: undefined }
    const offsetBytes = namespace
      .blocksOfFile(status.id)
      .reduce((sum, it) => (it.index < lastBlock.index ? sum + it.lengthBytes : sum), 0)
    return { status, lastBlock: located.block(call, lastBlock, offsetBytes) }
  }

  /** Checked before the file is reopened: it would be locked by a writer that cannot write. */
  #requireLastBlockReachable(call: Call, path: string): void {
    const { namespace, blockManager } = this.#options
    const status = namespace.status(call, path)
    if (status === undefined || status.kind === 'directory' || status.isUnderConstruction) return
    const last: BlockRecord | undefined = namespace.blocksOfFile(status.id).at(-1)
    if (last === undefined || last.lengthBytes >= status.blockSizeBytes) return
    const { replicas } = blockManager.locate(last, call.clientAddress)
    const isReachable = replicas.some(
      (it) =>
        it.datanode.liveness !== 'dead' && (it.state === 'finalized' || it.state === 'unconfirmed'),
    )
    if (isReachable) return
    namespace.checkAccess(call, path, WRITE_ACCESS)
    throw new DfsError(
      'RETRIABLE',
      `append: lastBlock=blk_${last.id}_${last.generationStamp} of src=${path} is not sufficiently replicated yet.`,
    )
  }

  /**
   * Shortens a closed file. A cut inside a block is made by its datanodes after this has answered.
   * @returns false while the last block is being cut: the file is closed when that is done
   * @throws DfsError NOT_FOUND, ILLEGAL_ARGUMENT for a length that it does not have, ALREADY_BEING_CREATED
   */
  async truncate(
    call: Call,
    request: { readonly path: string; readonly newLengthBytes: number; readonly holder: string },
  ): Promise<boolean> {
    const { namespace, leaseRecovery } = this.#options
    const { fileId, isDone } = await namespace.truncate(call, request)
    return isDone || (await leaseRecovery.startLeaseRecovery(fileId)) === 'closed'
  }

  /**
   * Takes the lease of an open file, whoever holds it, and starts closing it.
   * @returns true when the file is closed now
   * @throws DfsError NOT_FOUND, PERMISSION_DENIED
   */
  async recoverLease(call: Call, path: string): Promise<boolean> {
    const { namespace, safeMode, leaseRecovery } = this.#options
    safeMode.requireOff(`Cannot recover the lease of ${path}`)
    const status = namespace.status(call, path)
    if (status === undefined) throw new DfsError('NOT_FOUND', `File does not exist: ${path}`)
    if (status.kind === 'directory') throw new DfsError('NOT_FOUND', `Path is not a file: ${path}`)
    namespace.checkAccess(call, path, WRITE_ACCESS)
    if (!status.isUnderConstruction) return true
    return (await leaseRecovery.startLeaseRecovery(status.id)) === 'closed'
  }
}
