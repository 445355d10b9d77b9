/**
 * What happened in the namespace, for those who follow it: `dfs watch`, `/api/v1/events`, `client.watch`, and the inotify
 * stream of HDFS, whose seven kinds these are (protocol reference 2.8).
 */
import type { AclEntry } from './acl.js'
import type { XAttrName } from './xattr.js'

interface At {
  readonly path: string
  /** When it happened, wall time. */
  readonly timeMs: number
}

export interface CreateEvent extends At {
  readonly type: 'create'
  readonly kind: 'file' | 'directory'
  readonly owner: string
  readonly group: string
  /** Nine bits and sticky. */
  readonly permission: number
  /** 0 for directories, as the block size. */
  readonly replication: number
  readonly blockSizeBytes: number
  /** A file of the same name would have been replaced, whether there was one or not. */
  readonly overwrite: boolean
}

export interface CloseEvent extends At {
  readonly type: 'close'
  /** -1 where the log does not say: after files were joined. */
  readonly lengthBytes: number
}

export interface AppendEvent extends At {
  readonly type: 'append'
  readonly newBlock: boolean
}

/** For those who may see only one of the two places the other one is absent. */
export interface RenameEvent {
  readonly type: 'rename'
  readonly path?: string
  readonly to?: string
  readonly timeMs: number
}

export interface UnlinkEvent extends At {
  readonly type: 'unlink'
}

export interface TruncateEvent extends At {
  readonly type: 'truncate'
  readonly lengthBytes: number
}

export type MetadataEvent = At & { readonly type: 'metadata' } & (
    | {
        readonly change: 'times'
        readonly modificationTimeMs: number
        readonly accessTimeMs: number
      }
    | { readonly change: 'replication'; readonly replication: number }
    | { readonly change: 'owner'; readonly owner: string; readonly group: string }
    | { readonly change: 'permission'; readonly permission: number }
    | { readonly change: 'acl'; readonly acl: readonly AclEntry[] }
    | {
        readonly change: 'xattr'
        readonly xattr: XAttrName
        /** In base64; absent when the attribute was removed. */
        readonly value?: string
      }
  )

export type NamespaceEvent =
  | CreateEvent
  | CloseEvent
  | AppendEvent
  | RenameEvent
  | UnlinkEvent
  | TruncateEvent
  | MetadataEvent

/** What one transaction did; several events where files with missing parents were made, or files joined. */
export interface EventBatch {
  readonly transactionId: number
  /** Who did it; absent for the namenode itself. */
  readonly user?: string
  readonly events: readonly NamespaceEvent[]
}

/** An event as it travels over HTTP: with its transaction, and who did it. */
export type PublishedEvent = NamespaceEvent & {
  readonly transactionId: number
  readonly user?: string
}

/** Where events are read over HTTP, and what the id of one is called there. */
export const EVENTS_URL = '/api/v1/events'
