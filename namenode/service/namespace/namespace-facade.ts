/** The namespace as its callers hold it: reads answered here, changes sent to the writer, leases remembered. */
import type { Clock } from '../../../shared/clock.js'
import { crashPoint } from '../../../shared/crash-point.js'
import { DfsError, toDfsError } from '../../../shared/errors.js'
import {
  type Block,
  type BlockId,
  type InodeId,
  inodeId,
  transactionId,
} from '../../../shared/ids.js'
import type { Log } from '../../../shared/log.js'
import type { LeaseTable } from '../../policy/lease-table.js'
import type { Database } from '../../storage/database.js'
import type { CommitQueue, WriterStatistics } from '../../writer/commit-queue.js'
import type { Call } from '../access/call.js'
import { type ExpiredLease, ExpiredLeases } from './expired-leases.js'
import type {
  CommittedChange,
  CreateArguments,
  Namespace,
  NamespaceChanges,
  NamespaceIdentity,
} from './namespace.js'
import type { ChangeKind, ChangeRequest, Changes } from './namespace-change.js'
import type { NamespaceEffects } from './namespace-engine.js'
import type { FileBlocks, SeenNumbers } from './namespace-model.js'
import { NamespaceReader } from './namespace-reads.js'
import { ACCESS_TIME_PRECISION_MS } from './rules/namespace-attributes.js'
import { type OpeningOperation, openFailure, RECOVERY_HOLDER } from './rules/namespace-leases.js'

type Asked<K extends keyof NamespaceChanges> = Parameters<NamespaceChanges[K]>[1]
type Answer<K extends keyof NamespaceChanges> = ReturnType<NamespaceChanges[K]>

export interface NamespaceParts {
  readonly database: Database
  readonly identity: NamespaceIdentity
  readonly queue: CommitQueue<ChangeRequest, NamespaceEffects>
  readonly leaseTable: LeaseTable
  readonly clock: Clock
  readonly log: Log
  readonly close: () => Promise<void>
}

export class StoredNamespace extends NamespaceReader implements Namespace {
  readonly #parts: NamespaceParts
  readonly #listeners: ((change: CommittedChange) => void)[] = []
  /** Files whose access time is on its way to the writer. */
  readonly #touching = new Set<InodeId>()
  readonly #expiredLeases: ExpiredLeases

  constructor(parts: NamespaceParts) {
    super(parts.database, parts.identity)
    this.#parts = parts
    this.#expiredLeases = new ExpiredLeases(
      { stores: this.stores, tree: this.tree },
      parts.leaseTable,
    )
  }

  /** Batch sizes and durations, for metrics. */
  get writerStatistics(): WriterStatistics {
    return this.#parts.queue.statistics
  }

  override fileBlocks(call: Call, path: string, offset: number, length: number): FileBlocks {
    const answer = super.fileBlocks(call, path, offset, length)
    const { id, accessTimeMs, snapshot } = answer.status
    if (snapshot === undefined) this.#touchAccessTime(call, id, accessTimeMs)
    return answer
  }

  mkdirs(call: Call, change: Asked<'mkdirs'>): Answer<'mkdirs'> {
    return this.#submit('mkdirs', call, change)
  }

  create(call: Call, change: CreateArguments): Answer<'create'> {
    return this.#opening('create', 'CREATE_FILE', call, change)
  }

  append(call: Call, change: Asked<'append'>): Answer<'append'> {
    return this.#opening('append', 'APPEND_FILE', call, change)
  }

  truncate(call: Call, change: Asked<'truncate'>): Answer<'truncate'> {
    return this.#opening('truncate', 'TRUNCATE_FILE', call, change)
  }

  concat(call: Call, change: Asked<'concat'>): Promise<void> {
    return this.#submit('concat', call, change)
  }

  allocateBlock(call: Call, change: Asked<'allocateBlock'>): Answer<'allocateBlock'> {
    return this.#submit('allocateBlock', call, change)
  }

  abandonBlock(call: Call, change: Asked<'abandonBlock'>): Promise<void> {
    return this.#submit('abandonBlock', call, change)
  }

  completeFile(call: Call, change: Asked<'completeFile'>): Answer<'completeFile'> {
    return this.#submit('completeFile', call, change)
  }

  completeEmptyFile(call: Call, change: Asked<'completeEmptyFile'>): Promise<boolean> {
    return this.#submit('completeEmptyFile', call, change)
  }

  fsync(call: Call, change: Asked<'fsync'>): Promise<void> {
    return this.#submit('fsync', call, change)
  }

  reserveGenerationStamp(
    call: Call,
    change: Asked<'reserveGenerationStamp'>,
  ): Answer<'reserveGenerationStamp'> {
    return this.#submit('reserveGenerationStamp', call, change)
  }

  updatePipeline(call: Call, change: Asked<'updatePipeline'>): Promise<void> {
    return this.#submit('updatePipeline', call, change)
  }

  renewLease(_call: Call, { holder }: { holder: string }): Promise<void> {
    // Names without open files are not remembered: a client may invent as many as it likes.
    const hasOpenFiles = this.stores.leases.hasAny(holder)
    if (hasOpenFiles) this.#parts.leaseTable.renew(holder, this.#parts.clock.monotonicMs())
    return Promise.resolve()
  }

  rename(call: Call, change: Asked<'rename'>): Promise<boolean> {
    return this.#submit('rename', call, change)
  }

  renameStrictly(call: Call, change: Asked<'renameStrictly'>): Promise<void> {
    return this.#submit('renameStrictly', call, change)
  }

  delete(call: Call, change: Asked<'delete'>): Promise<boolean> {
    return this.#submit('delete', call, change)
  }

  undelete(call: Call, change: Asked<'undelete'>): Answer<'undelete'> {
    return this.#submit('undelete', call, change)
  }

  giveUpDeletions(request: Parameters<Namespace['giveUpDeletions']>[0]): Answer<'giveUpDeletions'> {
    return this.#submit('giveUpDeletions', OWN_CALL, request)
  }

  setReplication(call: Call, change: Asked<'setReplication'>): Promise<boolean> {
    return this.#submit('setReplication', call, change)
  }

  setPermission(call: Call, change: Asked<'setPermission'>): Promise<void> {
    return this.#submit('setPermission', call, change)
  }

  changeAcl(call: Call, change: Asked<'changeAcl'>): Promise<void> {
    return this.#submit('changeAcl', call, change)
  }

  setQuota(call: Call, change: Asked<'setQuota'>): Promise<void> {
    return this.#submit('setQuota', call, change)
  }

  setStoragePolicy(call: Call, change: Asked<'setStoragePolicy'>): Promise<void> {
    return this.#submit('setStoragePolicy', call, change)
  }

  satisfyStoragePolicy(call: Call, change: Asked<'satisfyStoragePolicy'>): Promise<void> {
    return this.#submit('satisfyStoragePolicy', call, change)
  }

  setXAttr(call: Call, change: Asked<'setXAttr'>): Promise<void> {
    return this.#submit('setXAttr', call, change)
  }

  removeXAttr(call: Call, change: Asked<'removeXAttr'>): Promise<void> {
    return this.#submit('removeXAttr', call, change)
  }

  setOwner(call: Call, change: Asked<'setOwner'>): Promise<void> {
    return this.#submit('setOwner', call, change)
  }

  setTimes(call: Call, change: Asked<'setTimes'>): Promise<void> {
    return this.#submit('setTimes', call, change)
  }

  async beginLeaseRecovery(
    fileId: InodeId,
    takeover?: { readonly holder: string; readonly clientMachine: string },
  ): Answer<'beginLeaseRecovery'> {
    const { leaseTable, clock } = this.#parts
    const change = {
      fileId,
      holder: takeover?.holder ?? RECOVERY_HOLDER,
      clientMachine: takeover?.clientMachine ?? 'namenode',
    }
    const begun = await this.#submit('beginLeaseRecovery', OWN_CALL, change)
    if (begun.kind === 'recovering') leaseTable.recoveryBegun(fileId, clock.monotonicMs())
    else leaseTable.recoveryEnded(fileId)
    return begun
  }

  async finishLeaseRecovery(fileId: InodeId, block: Block): Promise<void> {
    await this.#submit('finishLeaseRecovery', OWN_CALL, { fileId, block })
    this.#parts.leaseTable.recoveryEnded(fileId)
  }

  forgetDeletedBlocks(ids: readonly BlockId[]): Promise<void> {
    return this.#submit('forgetDeletedBlocks', OWN_CALL, { ids })
  }

  purgeDeletedTrees(limit: number): Promise<boolean> {
    return this.#submit('purgeDeletedTrees', OWN_CALL, { limit })
  }

  allowSnapshot(call: Call, change: Asked<'allowSnapshot'>): Promise<void> {
    return this.#submit('allowSnapshot', call, change)
  }

  disallowSnapshot(call: Call, change: Asked<'disallowSnapshot'>): Promise<void> {
    return this.#submit('disallowSnapshot', call, change)
  }

  createSnapshot(call: Call, change: Asked<'createSnapshot'>): Promise<string> {
    return this.#submit('createSnapshot', call, change)
  }

  renameSnapshot(call: Call, change: Asked<'renameSnapshot'>): Promise<void> {
    return this.#submit('renameSnapshot', call, change)
  }

  deleteSnapshot(call: Call, change: Asked<'deleteSnapshot'>): Promise<void> {
    return this.#submit('deleteSnapshot', call, change)
  }

  freeSnapshots(limit: number): Promise<boolean> {
    return this.#submit('freeSnapshots', OWN_CALL, { limit })
  }

  endPolicyRequest(fileId: InodeId): Promise<void> {
    return this.#submit('endPolicyRequest', OWN_CALL, { fileId })
  }

  orderNode(call: Call, change: Asked<'orderNode'>): Promise<void> {
    return this.#submit('orderNode', call, change)
  }

  skipNumbers(seen: SeenNumbers): Promise<void> {
    return this.#submit('skipNumbers', OWN_CALL, seen)
  }

  pruneRequests(beforeMs: number): Promise<void> {
    return this.#submit('pruneRequests', OWN_CALL, { beforeMs })
  }

  expiredLeases(sinceMonotonicMs: number, limit: number): ExpiredLease[] {
    const times = { nowMs: this.#parts.clock.monotonicMs(), sinceMs: sinceMonotonicMs }
    return this.atOneMoment(() => this.#expiredLeases.find(times, limit))
  }

  onCommitted(listener: (change: CommittedChange) => void): void {
    this.#listeners.push(listener)
  }

  /** For the queue: a batch is durable. */
  announce(transaction: number, effects: NamespaceEffects): void {
    const change = { transactionId: transactionId(transaction), ...effects }
    for (const listener of this.#listeners) listener(change)
  }

  close(): Promise<void> {
    return this.#parts.close()
  }

  /** The writer answers a change of kind K with K's result: the one place where that is taken on trust. */
  #submit<K extends ChangeKind>(
    kind: K,
    call: Call,
    change: Changes[K]['change'],
  ): Promise<Changes[K]['result']> {
    const nowMs = this.#parts.clock.wallMs()
    const request = { kind, call, nowMs, change } as ChangeRequest
    const result = this.#parts.queue.submit(request)
    return result.then((it) => {
      crashPoint('change.answering', kind)
      return it as Changes[K]['result']
    })
  }

  /**
   * Opens a file for a holder. When somebody silent for longer than the soft limit has it, its recovery is begun, and
   * the caller is told to come back unless that closed the file at once.
   */
  async #opening<K extends 'create' | 'append' | 'truncate'>(
    kind: K,
    operation: OpeningOperation,
    call: Call,
    change: Changes[K]['change'],
  ): Promise<Changes[K]['result']> {
    const { leaseTable, clock } = this.#parts
    const nowMs = clock.monotonicMs()
    leaseTable.renew(change.holder, nowMs)
    try {
      return await this.#submit(kind, call, change)
    } catch (error) {
      const { code, details } = toDfsError(error)
      const { fileId, leaseHolder } = details
      const isSilent =
        code === 'ALREADY_BEING_CREATED' &&
        typeof fileId === 'number' &&
        typeof leaseHolder === 'string' &&
        leaseTable.isSoftExpired(leaseHolder, nowMs)
      if (!isSilent) throw error
      const takeover = { holder: change.holder, clientMachine: call.clientAddress }
      const begun = await this.beginLeaseRecovery(inodeId(fileId), takeover)
      if (begun.kind === 'closed') return this.#submit(kind, call, change)
      // Nobody drives it yet: the lease monitor finds it due at its next look.
      leaseTable.recoveryEnded(inodeId(fileId))
      const reason = 'lease recovery is in progress. Try again later.'
      const text = `${openFailure(operation, change.path, change.holder, call)} because ${reason}`
      throw new DfsError('RECOVERY_IN_PROGRESS', text)
    }
  }

  #touchAccessTime(call: Call, fileId: InodeId, accessTimeMs: number): void {
    const { clock, log } = this.#parts
    const isDue = clock.wallMs() - accessTimeMs > ACCESS_TIME_PRECISION_MS
    if (!isDue || this.#touching.has(fileId)) return
    this.#touching.add(fileId)
    this.#submit('touchAccessTime', call, { fileId })
      .catch((error) => log.debug({ fileId, error: toDfsError(error).message }, 'atime.not-kept'))
      .finally(() => this.#touching.delete(fileId))
  }
}

/** Calls of the namenode to itself. */
const OWN_CALL: Call = {
  principal: { user: 'namenode', groups: [], isSuperuser: true },
  requestId: undefined,
  clientAddress: 'namenode',
  localAddress: 'namenode',
}
