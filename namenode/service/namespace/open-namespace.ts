/** Opens the namespace of a data folder: lock, writer (in its thread or inline), a reading connection, leases. */
import { isIP } from 'node:net'
import type { DfsError } from '../../../shared/errors.js'
import { epoch } from '../../../shared/ids.js'
import type { Seams } from '../../../shared/seams.js'
import { ShutdownStack } from '../../../shared/shutdown-stack.js'
import type { NamenodeConfig } from '../../config.js'
import { LeaseTable } from '../../policy/lease-table.js'
import { MAX_DIRECTORY_ITEMS } from '../../policy/path-name.js'
import { openReadingConnection } from '../../storage/database.js'
import { lockFolder } from '../../storage/folder-lock.js'
import { CommitQueue } from '../../writer/commit-queue.js'
import type { ChangeRequest } from './namespace-change.js'
import type { NamespaceEffects } from './namespace-engine.js'
import { StoredNamespace } from './namespace-facade.js'
import { type FolderOptions, namespacePaths } from './namespace-folder.js'
import { openInlineRunner, openThreadRunner } from './namespace-runners.js'

/** What opening a namespace needs of the configuration. */
export type NamespaceConfig = Pick<
  NamenodeConfig,
  | 'dataFolder'
  | 'bindHost'
  | 'superuser'
  | 'supergroup'
  | 'minBlockSizeBytes'
  | 'maxReplication'
  | 'maxBlocksPerFile'
  | 'maxXAttrs'
  | 'maxXAttrBytes'
  | 'keepDeletedMs'
  | 'editsRetained'
  | 'leaseSoftLimitMs'
  | 'leaseHardLimitMs'
>

/** A recovery that has not ended by then is offered to the lease monitor again. */
const RECOVERY_RETRY_MS = 30_000

/**
 * Formats a fresh folder; refuses a damaged one.
 * @param options.onFatal the disk or the database failed, nothing can be written any more: the process must end.
 *   Without it the error is thrown into the event loop, which ends the process too.
 * @throws DATA_FOLDER_LOCKED, DATA_FOLDER_NEWER, DATABASE_CORRUPT
 */
export async function openNamespace(options: {
  readonly config: NamespaceConfig
  readonly seams: Seams
  readonly writer: 'thread' | 'inline'
  readonly onFatal?: (error: DfsError) => void
}): Promise<StoredNamespace> {
  const { config, seams, writer } = options
  const { clock } = seams
  const log = seams.log.child({ part: 'namespace' })
  const opened = new ShutdownStack()
  try {
    opened.use('lock', lockFolder(config.dataFolder), (lock) => lock.release())
    const folder = folderOptions(config, seams)
    const runner =
      writer === 'thread'
        ? await openThreadRunner(folder, log)
        : openInlineRunner(folder, clock, log)
    opened.use('writer', runner, (it) => it.close())
    const { database: path } = namespacePaths(config.dataFolder)
    const database = opened.use('reader', openReadingConnection(path), (it) => {
      it.close()
    })
    const queue = new CommitQueue<ChangeRequest, NamespaceEffects>({
      runner,
      onCommitted: (transactionId, effects) => namespace.announce(transactionId, effects),
      onFatal: (error) => {
        log.error({ code: error.code, error: error.message }, 'namespace.writer-failed')
        if (options.onFatal === undefined) throw error
        options.onFatal(error)
      },
    })
    opened.use('queue', queue, (it) => it.close())
    const { clusterId, blockPoolId, createdMs, epoch: started, lastTransaction } = runner.state
    const namespace = new StoredNamespace({
      database,
      identity: { clusterId, blockPoolId, createdMs, epoch: epoch(started) },
      queue,
      leaseTable: new LeaseTable(leaseLimits(config), clock.monotonicMs()),
      clock,
      log,
      close: () => opened.closeAll(),
    })
    log.info({ clusterId, epoch: started, lastTransaction, writer }, 'namespace.opened')
    return namespace
  } catch (error) {
    await opened.closeAll()
    throw error
  }
}

function folderOptions(config: NamespaceConfig, { clock, random }: Seams): FolderOptions {
  const nowMs = clock.wallMs()
  const address = isIP(config.bindHost) === 0 ? '127.0.0.1' : config.bindHost
  return {
    folder: config.dataFolder,
    nowMs,
    limits: {
      minBlockSizeBytes: config.minBlockSizeBytes,
      maxReplication: config.maxReplication,
      maxDirectoryItems: MAX_DIRECTORY_ITEMS,
      ...(config.maxBlocksPerFile === undefined
        ? {}
        : { maxBlocksPerFile: config.maxBlocksPerFile }),
      maxXAttrs: config.maxXAttrs,
      maxXAttrBytes: config.maxXAttrBytes,
      keepDeletedMs: config.keepDeletedMs,
      editsRetained: config.editsRetained,
    },
    format: {
      clusterId: `CID-${random.uuid()}`,
      blockPoolId: `BP-${random.below(2 ** 31)}-${address}-${Math.floor(nowMs)}`,
      owner: config.superuser,
      group: config.supergroup,
    },
  }
}

const leaseLimits = (config: NamespaceConfig) => ({
  softLimitMs: config.leaseSoftLimitMs,
  hardLimitMs: config.leaseHardLimitMs,
  recoveryRetryMs: RECOVERY_RETRY_MS,
})
