/**
 * Changes as they travel to the writer, and what a decision about one looks like. Deciding reads the store inside the
 * transaction and throws or returns an edit; it changes nothing itself.
 */
import type { BlockId, InodeId } from '../../../shared/ids.js'
import type { State } from '../../storage/state-store.js'
import type { Stores } from '../../storage/stores.js'
import type { Call } from '../access/call.js'
import type { VersionKeeper } from './apply/version-keeper.js'
import type { NamespaceChanges } from './namespace.js'
import type { Edit } from './namespace-edit.js'
import type { SeenNumbers } from './namespace-model.js'
import type { Tree } from './namespace-tree.js'

type Settled<K extends keyof NamespaceChanges> = Awaited<ReturnType<NamespaceChanges[K]>>
type Asked<K extends keyof NamespaceChanges> = Parameters<NamespaceChanges[K]>[1]

/** Changes that a client asks for: those of the seam, by its own types. */
type ClientChange = Exclude<
  keyof NamespaceChanges,
  | 'renewLease'
  | 'beginLeaseRecovery'
  | 'finishLeaseRecovery'
  | 'forgetDeletedBlocks'
  | 'purgeDeletedTrees'
  | 'pruneRequests'
  | 'skipNumbers'
  | 'freeSnapshots'
  | 'endPolicyRequest'
  | 'giveUpDeletions'
>

type ClientChanges = { [K in ClientChange]: { change: Asked<K>; result: Settled<K> } }

/** Changes that the namenode makes for itself. */
interface OwnChanges {
  beginLeaseRecovery: {
    change: { fileId: InodeId; holder: string; clientMachine: string }
    result: Settled<'beginLeaseRecovery'>
  }
  finishLeaseRecovery: {
    change: { fileId: InodeId; block: Parameters<NamespaceChanges['finishLeaseRecovery']>[1] }
    result: undefined
  }
  forgetDeletedBlocks: { change: { ids: readonly BlockId[] }; result: undefined }
  purgeDeletedTrees: { change: { limit: number }; result: boolean }
  freeSnapshots: { change: { limit: number }; result: boolean }
  endPolicyRequest: { change: { fileId: InodeId }; result: undefined }
  giveUpDeletions: {
    change: Parameters<NamespaceChanges['giveUpDeletions']>[0]
    result: Settled<'giveUpDeletions'>
  }
  pruneRequests: { change: { beforeMs: number }; result: undefined }
  skipNumbers: { change: SeenNumbers; result: undefined }
  touchAccessTime: { change: { fileId: InodeId }; result: undefined }
}

export type Changes = ClientChanges & OwnChanges
export type ChangeKind = keyof Changes

/** What a decision may depend on of the call that asks for the change. */
export type ChangeCall = Pick<Call, 'principal' | 'requestId' | 'clientAddress'>

/** One change on its way to the writer: plain data, so that it can cross to another thread. */
export interface ChangeRequest<K extends ChangeKind = ChangeKind> {
  readonly kind: K
  readonly call: ChangeCall
  /** Wall time of the caller: becomes the times of inodes, so that a replay gives the same ones. */
  readonly nowMs: number
  readonly change: Changes[K]['change']
}

/** Settings that decisions depend on. */
export interface ChangeLimits {
  readonly minBlockSizeBytes: number
  readonly maxReplication: number
  readonly maxDirectoryItems: number
  /** Default 10,000. */
  readonly maxBlocksPerFile?: number
  readonly maxXAttrs: number
  readonly maxXAttrBytes: number
  /** Edits kept for readers of the log, restores and verifications. */
  readonly editsRetained: number
  /** How long what is deleted can be brought back; 0: not at all. */
  readonly keepDeletedMs: number
}

export interface ChangeContext {
  readonly stores: Stores
  readonly tree: Tree
  readonly versions: Pick<VersionKeeper, 'hasPast' | 'isInSnapshot' | 'isShown' | 'isBlockShown'>
  readonly limits: ChangeLimits
  readonly state: Readonly<State>
  readonly call: ChangeCall
  readonly nowMs: number
  /** Writes what changes of this batch have added to directories, so that the totals read from the store are right. */
  readonly settleTotals: () => void
}

export interface Decision<Result> {
  /** Absent when there is nothing to change. */
  readonly edit?: Edit
  /** Called after the edit has been applied. */
  readonly result: () => Result
  /** What a repeat of this request is answered from: small and JSON. Only for at-most-once changes. */
  readonly remember?: unknown
}

export interface ChangeRule<K extends ChangeKind> {
  readonly decide: (
    context: ChangeContext,
    change: Changes[K]['change'],
  ) => Decision<Changes[K]['result']>
  /** Present for at-most-once changes: the answer to a repeat, from what was remembered. */
  readonly answerAgain?: (context: ChangeContext, remembered: unknown) => Changes[K]['result']
}

export type ChangeRules = { readonly [K in ChangeKind]: ChangeRule<K> }
