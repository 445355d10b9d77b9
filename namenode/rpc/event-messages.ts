/** Events in the messages of Hadoop, byte for byte as Apache sends them: fields without a meaning are 0 or empty, not absent. */
import { assertNever } from '../../shared/assert.js'
import type { MetadataEvent, NamespaceEvent } from '../../shared/events.js'
import { aclEntryMessage } from '../../shared/hadoop/acl-messages.js'
import type { Input } from '../../shared/hadoop/message.js'
import {
  AppendEventProto,
  CloseEventProto,
  CreateEventProto,
  EventInodeType,
  type EventProto,
  type EventsListProto,
  EventType,
  MetadataUpdateEventProto,
  MetadataUpdateType,
  RenameEventProto,
  TruncateEventProto,
  UnlinkEventProto,
} from '../../shared/hadoop/schema/inotify.js'
import { xattrMessage } from '../../shared/hadoop/xattr-messages.js'
import type { EventPage } from '../service/events/event-log.js'

/** Where there is nothing to read. */
const NO_TRANSACTION = -1

export function eventsListMessage(page: EventPage): Input<typeof EventsListProto> {
  return {
    firstTxid: page.firstTransactionId ?? NO_TRANSACTION,
    lastTxid: page.lastTransactionId ?? NO_TRANSACTION,
    syncTxid: page.syncTransactionId,
    batch: page.batches.map(({ transactionId, events }) => ({
      txid: transactionId,
      events: events.map(eventMessage),
    })),
  }
}

function eventMessage(event: NamespaceEvent): Input<typeof EventProto> {
  switch (event.type) {
    case 'create': {
      const isFile = event.kind === 'file'
      const contents = CreateEventProto.encode({
        type: isFile ? EventInodeType.FILE : EventInodeType.DIRECTORY,
        path: event.path,
        ctime: event.timeMs,
        ownerName: event.owner,
        groupName: event.group,
        perms: { perm: event.permission },
        replication: event.replication,
        symlinkTarget: '',
        overwrite: event.overwrite,
        defaultBlockSize: event.blockSizeBytes,
        ...(isFile ? { erasureCoded: false } : {}),
      })
      return { type: EventType.CREATE, contents }
    }
    case 'close': {
      const { path, lengthBytes: fileSize, timeMs: timestamp } = event
      const contents = CloseEventProto.encode({ path, fileSize, timestamp })
      return { type: EventType.CLOSE, contents }
    }
    case 'append': {
      const { path, newBlock } = event
      return { type: EventType.APPEND, contents: AppendEventProto.encode({ path, newBlock }) }
    }
    case 'rename': {
      const { path: srcPath = '', to: destPath = '', timeMs: timestamp } = event
      const contents = RenameEventProto.encode({ srcPath, destPath, timestamp })
      return { type: EventType.RENAME, contents }
    }
    case 'unlink': {
      const { path, timeMs: timestamp } = event
      return { type: EventType.UNLINK, contents: UnlinkEventProto.encode({ path, timestamp }) }
    }
    case 'truncate': {
      const { path, lengthBytes: fileSize, timeMs: timestamp } = event
      const contents = TruncateEventProto.encode({ path, fileSize, timestamp })
      return { type: EventType.TRUNCATE, contents }
    }
    case 'metadata':
      return { type: EventType.METADATA, contents: MetadataUpdateEventProto.encode(update(event)) }
    default:
      return assertNever(event)
  }
}

function update(event: MetadataEvent): Input<typeof MetadataUpdateEventProto> {
  const nothing = {
    path: event.path,
    mtime: 0,
    atime: 0,
    replication: 0,
    ownerName: '',
    groupName: '',
    xAttrsRemoved: false,
  }
  switch (event.change) {
    case 'times': {
      const { modificationTimeMs: mtime, accessTimeMs: atime } = event
      return { ...nothing, type: MetadataUpdateType.TIMES, mtime, atime }
    }
    case 'replication': {
      const { replication } = event
      return { ...nothing, type: MetadataUpdateType.REPLICATION, replication }
    }
    case 'owner': {
      const { owner: ownerName, group: groupName } = event
      return { ...nothing, type: MetadataUpdateType.OWNER, ownerName, groupName }
    }
    case 'permission':
      return { ...nothing, type: MetadataUpdateType.PERMS, perms: { perm: event.permission } }
    case 'acl':
      return { ...nothing, type: MetadataUpdateType.ACLS, acls: event.acl.map(aclEntryMessage) }
    case 'xattr': {
      const value = Buffer.from(event.value ?? '', 'base64')
      const xAttrs = [xattrMessage({ ...event.xattr, value })]
      const xAttrsRemoved = event.value === undefined
      return { ...nothing, type: MetadataUpdateType.XATTRS, xAttrs, xAttrsRemoved }
    }
    default:
      return assertNever(event)
  }
}
