import { describe, expect, it } from 'vitest'
import type { Call } from '../../../../namenode/service/access/call.js'
import { EventLog } from '../../../../namenode/service/events/event-log.js'
import type { CommittedChange } from '../../../../namenode/service/namespace/namespace.js'
import { encodeEdit } from '../../../../namenode/service/namespace/namespace-edit.js'
import { ROOT_INODE_ID, transactionId } from '../../../../shared/ids.js'
import type { XAttrName } from '../../../../shared/xattr.js'
import { as, openFixture, ROOT, writeFile } from '../namespace/namespace-fixture.js'

/** A log of deletions with the transactions `first` to `last`. */
function scripted(first: number, last: number) {
  const listeners: ((change: CommittedChange) => void)[] = []
  const removed = { id: ROOT_INODE_ID, how: 'remove' } as const
  const editOf = (id: number) => ({
    id: transactionId(id),
    timeMs: id,
    operation: 'delete',
    arguments: encodeEdit({ op: 'delete', path: `/${id}`, user: 'alice', removed }),
  })
  let end = last
  let reads = 0
  const log = new EventLog({
    lastTransactionId: () => transactionId(last),
    editsAfter: (after, limit) => {
      reads += 1
      const from = Math.max(first, after + 1)
      const count = Math.min(limit, Math.max(0, end - from + 1))
      return Array.from({ length: count }, (_, index) => editOf(from + index))
    },
    checkAccess: () => undefined,
    onCommitted: (listener) => {
      listeners.push(listener)
    },
  })
  return {
    log,
    reads: () => reads,
    /** Transactions are in the database before anybody is told. */
    write: (to: number) => {
      end = to
    },
    commit: (to: number) => {
      end = to
      const change = { transactionId: transactionId(to), blocks: [], deletedBlocks: [] }
      for (const listener of listeners) listener(change)
    },
  }
}

describe('what a follower sees', () => {
  it('of extended attributes is what it could have asked for', async () => {
    const { namespace, dispose } = await openFixture()
    const alice = as('alice')
    await namespace.mkdirs(ROOT, { path: '/d', permission: 0o777, createParent: true })
    await writeFile(namespace, '/d/open', [], alice)
    await writeFile(namespace, '/d/closed', [], alice)
    await namespace.setPermission(alice, { path: '/d/closed', permission: 0o600 })
    const log = new EventLog(namespace)
    const after = log.lastTransactionId
    const set = (path: string, name: XAttrName) =>
      namespace.setXAttr(ROOT, {
        path,
        xattr: { ...name, value: Buffer.from('secret') },
        create: true,
        replace: false,
      })
    for (const path of ['/d/open', '/d/closed']) {
      await set(path, { namespace: 'user', name: 'n' })
      await set(path, { namespace: 'trusted', name: 'n' })
    }
    const { batches } = new EventLog(namespace).readAfter(after)
    const seenBy = (call: Call) =>
      log
        .visibleTo(call, '/')
        .select(batches)
        .map((it) => (it.type === 'metadata' && it.change === 'xattr' ? it.xattr : it.type))
    expect(seenBy(ROOT)).toHaveLength(4)
    expect(seenBy(alice)).toEqual([
      { namespace: 'user', name: 'n' },
      { namespace: 'user', name: 'n' },
    ])
    expect(seenBy(as('bob'))).toEqual([{ namespace: 'user', name: 'n' }])
    await dispose()
  })
})

describe('the log of events', () => {
  it('refuses whoever comes too late, or from the future', () => {
    const { log } = scripted(100, 110)
    expect(log.readGaplessly(99).batches).toHaveLength(11)
    expect(log.readGaplessly(110).batches).toEqual([])
    const text = /start with transaction ID 99, but it instead started with transaction ID 100/
    expect(() => log.readGaplessly(98)).toThrow(text)
    expect(() => log.readGaplessly(111)).toThrow('There is no transaction 111 yet')
    expect(log.readAfter(5).firstTransactionId).toBe(100)
  })

  it('ends where it says that it is durable', () => {
    const { log, write, commit } = scripted(1, 3)
    write(5)
    expect(log.readAfter(2)).toMatchObject({ lastTransactionId: 3, syncTransactionId: 3 })
    commit(5)
    expect(log.readAfter(2)).toMatchObject({ lastTransactionId: 5, syncTransactionId: 5 })
  })

  it('wakes those who wait, and reads for all of them once', async () => {
    const { log, reads, commit } = scripted(1, 3)
    const stop = new AbortController()
    const awake: number[] = []
    const waiting = [1, 2, 3].map((it) =>
      log.changedSince(3, stop.signal).then(() => awake.push(it)),
    )
    await Promise.resolve()
    expect(awake).toEqual([])
    commit(4)
    await Promise.all(waiting)
    const before = reads()
    for (let follower = 0; follower < 3; follower += 1) {
      expect(log.readAfter(3).batches.map((it) => it.transactionId)).toEqual([4])
    }
    expect(reads() - before).toBe(1)
    await log.changedSince(3, stop.signal)
    const ended = log.changedSince(4, stop.signal)
    stop.abort()
    await ended
  })
})
