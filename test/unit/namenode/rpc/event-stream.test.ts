import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { eventsListMessage } from '../../../../namenode/rpc/event-messages.js'
import { eventsOfEdit } from '../../../../namenode/service/events/edit-events.js'
import { type Edit, encodeEdit } from '../../../../namenode/service/namespace/namespace-edit.js'
import type { NamenodeClient } from '../../../../shared/client/namenode-client.js'
import { DfsError } from '../../../../shared/errors.js'
import type { Decoded } from '../../../../shared/hadoop/message.js'
import { CLIENT_PROTOCOL } from '../../../../shared/hadoop/schema/client-protocol.js'
import {
  AppendEventProto,
  CloseEventProto,
  CreateEventProto,
  type EventsListProto,
  EventType,
  MetadataUpdateEventProto,
  RenameEventProto,
  TruncateEventProto,
  UnlinkEventProto,
} from '../../../../shared/hadoop/schema/inotify.js'
import { inodeId, transactionId } from '../../../../shared/ids.js'
import { type NamenodeRpc, openNamenodeRpc } from '../../../support/namenode-rpc.js'
import { GOLDEN_WIRE_FOLDER, readCapture } from '../../../support/wire-captures.js'

const inode = inodeId(17_000)
const born = { id: inode, parent: inode, owner: 'root', group: 'root' }
const by = { user: 'root' }

/** What the captured client did, as edits of ours: transaction, time, edit. */
const CAPTURED: readonly [number, number, Edit][] = [
  [
    1501,
    1795266758858,
    { op: 'mkdirs', ...by, path: '/api/in', directories: [{ ...born, name: 'in', mode: 0o755 }] },
  ],
  [
    1502,
    1795266758873,
    {
      op: 'create',
      ...by,
      path: '/api/in/x',
      holder: 'h',
      machine: 'm',
      directories: [],
      file: { ...born, name: 'x', mode: 0o644, replication: 3, blockSize: 1048576 },
      overwrite: true,
    },
  ],
  [1503, 1795266758944, { op: 'close', ...by, path: '/api/in/x', inode, size: 0 }],
  [
    1504,
    1795266758953,
    { op: 'rename', ...by, path: '/api/in/x', to: '/api/in/y', inode, parent: inode, name: 'y' },
  ],
  [1505, 0, { op: 'setReplication', ...by, path: '/api/in/y', inode, replication: 2 }],
  [1506, 0, { op: 'setPermission', ...by, path: '/api/in/y', inode, mode: 0o600 }],
  [
    1507,
    1795266758975,
    { op: 'delete', ...by, path: '/api/in', removed: { id: inode, how: 'detach' } },
  ],
]

describe('events on the wire', () => {
  it('are those of Apache, byte for byte', () => {
    const captured = readCapture(join(GOLDEN_WIRE_FOLDER, 'java-inotify.jsonl')).find(
      (it) => it.what === 'getEditsFromTxid' && it.direction === 'from-server',
    )
    const batches = CAPTURED.flatMap(([id, timeMs, edit]) => {
      const row = { id: transactionId(id), timeMs, operation: edit.op }
      return eventsOfEdit({ ...row, arguments: encodeEdit(edit) }) ?? []
    })
    const page = { batches, firstTransactionId: 1501, lastTransactionId: 1507 }
    const message = { eventsList: eventsListMessage({ ...page, syncTransactionId: 1507 }) }
    const ours = Buffer.from(CLIENT_PROTOCOL.getEditsFromTxid.response.encode(message))
    expect(captured?.bytes?.subarray(-ours.length).toString('hex')).toBe(ours.toString('hex'))
  })
})

const SCHEMAS = {
  [EventType.CREATE]: ['create', CreateEventProto],
  [EventType.CLOSE]: ['close', CloseEventProto],
  [EventType.APPEND]: ['append', AppendEventProto],
  [EventType.RENAME]: ['rename', RenameEventProto],
  [EventType.METADATA]: ['metadata', MetadataUpdateEventProto],
  [EventType.UNLINK]: ['unlink', UnlinkEventProto],
  [EventType.TRUNCATE]: ['truncate', TruncateEventProto],
} as const

/** `create /a/b`, `rename /a /b`: kinds and paths of all events of a list, and the interesting numbers. */
function summaries(list: Decoded<typeof EventsListProto>): string[] {
  return list.batch.flatMap(({ events }) =>
    events.map(({ type, contents }) => {
      const entry = Object.entries(SCHEMAS).find(([number]) => Number(number) === type)?.[1]
      if (entry === undefined) throw new Error(`event type ${type}`)
      const event: Record<string, unknown> = entry[1].decode(contents)
      const of = (...names: string[]) => names.flatMap((it) => (it in event ? [event[it]] : []))
      const number = entry[0] === 'metadata' ? of('type') : of('fileSize')
      return [entry[0], ...of('path', 'srcPath', 'destPath'), ...number].join(' ')
    }),
  )
}

describe('the inotify stream', () => {
  let namenode: NamenodeRpc
  let root: NamenodeClient
  let startTxid = 0
  beforeEach(async () => {
    namenode = await openNamenodeRpc()
    root = namenode.client()
    startTxid = (await root.getCurrentEditLogTxid({})).txid
  })
  afterEach(() => namenode.close())

  const perm = (value: number) => ({ perm: value })
  const create = (src: string) =>
    root.create({
      src,
      masked: perm(0o644),
      clientName: 'writer',
      createFlag: 1,
      createParent: true,
      replication: 3,
      blockSize: 1024 * 1024,
    })
  const close = (src: string) => root.complete({ src, clientName: 'writer' })
  const events = async (from = startTxid + 1) =>
    (await root.getEditsFromTxid({ txid: from })).eventsList

  it('tells every kind of change once, with parents that were made', async () => {
    await create('/a/b/f')
    await close('/a/b/f')
    await root.append({ src: '/a/b/f', clientName: 'writer', flag: 4 })
    await close('/a/b/f')
    await root.setPermission({ src: '/a', permission: perm(0o700) })
    await root.setOwner({ src: '/a', username: 'alice' })
    await root.setTimes({ src: '/a/b/f', mtime: 5, atime: 6 })
    await root.setReplication({ src: '/a/b/f', replication: 2 })
    const xAttr = { namespace: 0, name: 'colour', value: Buffer.from('red') }
    await root.setXAttr({ src: '/a/b/f', xAttr, flag: 1 })
    const user = { type: 0, scope: 0, permissions: 7, name: 'bob' }
    await root.modifyAclEntries({ src: '/a/b/f', aclSpec: [user] })
    await root.rename2({ src: '/a/b/f', dst: '/a/g', overwriteDest: false })
    await root.mkdirs({ src: '/x/y', masked: perm(0o755), createParent: true })
    await root.delete({ src: '/a', recursive: true })
    const list = await events()
    expect(summaries(list)).toEqual([
      'create /a',
      'create /a/b',
      'create /a/b/f',
      'close /a/b/f 0',
      'append /a/b/f',
      'close /a/b/f 0',
      'metadata /a 3',
      'metadata /a 2',
      'metadata /a/b/f 0',
      'metadata /a/b/f 1',
      'metadata /a/b/f 5',
      'metadata /a/b/f 4',
      'rename /a/b/f /a/g',
      'create /x',
      'create /x/y',
      'unlink /a',
    ])
    expect(list.firstTxid).toBe(startTxid + 1)
    expect(list.lastTxid).toBe(list.syncTxid)
    expect(await root.getCurrentEditLogTxid({})).toEqual({ txid: list.syncTxid })
  })

  it('is divided into pages that join without a gap', async () => {
    // More edits than one answer looks at.
    const names = Array.from({ length: 1100 }, (_, index) => `/d${index}`)
    const make = (src: string) => root.mkdirs({ src, masked: perm(0o755), createParent: true })
    await Promise.all(names.map(make))
    const first = await events()
    expect(first.batch).toHaveLength(1000)
    const second = await events(first.lastTxid + 1)
    expect(second.firstTxid).toBe(first.lastTxid + 1)
    const told = [...summaries(first), ...summaries(second)]
    expect(told.toSorted()).toEqual(names.map((it) => `create ${it}`).toSorted())
  })

  it('answers nothing, but how far it is, where nothing follows', async () => {
    expect(await events()).toEqual({
      events: [],
      firstTxid: -1,
      lastTxid: -1,
      syncTxid: startTxid,
      batch: [],
    })
  })

  it('is for superusers', async () => {
    const carol = namenode.client('carol')
    for (const ask of [
      () => carol.getEditsFromTxid({ txid: 1 }),
      () => carol.getCurrentEditLogTxid({}),
    ]) {
      const refusal = await ask().catch((error: unknown) => error)
      expect(refusal).toBeInstanceOf(DfsError)
      expect(refusal).toMatchObject({
        code: 'PERMISSION_DENIED',
        message: expect.stringContaining('Access denied for user carol. Superuser privilege'),
      })
    }
  })
})
