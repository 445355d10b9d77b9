import { describe, expect, it } from 'vitest'
import { guardedNamespace } from '../../../../namenode/service/guarded-namespace.js'
import type { Namespace } from '../../../../namenode/service/namespace.js'
import { SafeMode } from '../../../../namenode/service/safe-mode.js'
import { ScriptedBlockManager } from '../../../support/scripted-block-manager.js'

/** Every method of the real thing, each answering its own name. */
const METHODS = [
  'status',
  'list',
  'contentSummary',
  'fileBlocks',
  'checkAccess',
  'isFileClosed',
  'aclStatus',
  'xattrs',
  'openFile',
  'block',
  'blocksAfter',
  'blocksOfFile',
  'fileStatusById',
  'pathOf',
  'openFilesAfter',
  'deletedBlocksAfter',
  'totals',
  'lastTransactionId',
  'editsAfter',
  'expiredLeases',
  'mkdirs',
  'create',
  'allocateBlock',
  'append',
  'truncate',
  'concat',
  'rename',
  'renameStrictly',
  'delete',
  'setReplication',
  'setPermission',
  'changeAcl',
  'setQuota',
  'setXAttr',
  'removeXAttr',
  'setOwner',
  'setTimes',
  'abandonBlock',
  'completeFile',
  'fsync',
  'reserveGenerationStamp',
  'updatePipeline',
  'renewLease',
  'beginLeaseRecovery',
  'finishLeaseRecovery',
  'forgetDeletedBlocks',
  'purgeDeletedTrees',
  'pruneRequests',
  'onCommitted',
  'close',
] as const satisfies readonly (keyof Namespace)[]

/** What begins a change, and what only continues one. */
const BEGINNINGS = [
  'mkdirs',
  'create',
  'allocateBlock',
  'append',
  'truncate',
  'concat',
  'rename',
  'renameStrictly',
  'delete',
  'setReplication',
  'setPermission',
  'changeAcl',
  'setQuota',
  'setXAttr',
  'removeXAttr',
  'setOwner',
  'setTimes',
] as const
const CONTINUATIONS = [
  'abandonBlock',
  'completeFile',
  'fsync',
  'reserveGenerationStamp',
  'updatePipeline',
] as const

function guarded() {
  const blockManager = new ScriptedBlockManager(0)
  const safeMode = new SafeMode(blockManager)
  const plain = Object.fromEntries(METHODS.map((name) => [name, () => name]))
  const repeated = new Set<string>()
  const namespace = guardedNamespace(
    {
      identity: {},
      wasCarriedOut: (kind: string) => repeated.has(kind),
      ...plain,
    } as unknown as Namespace,
    safeMode,
  )
  const call = (name: (typeof METHODS)[number]) =>
    (namespace[name] as (...parameters: unknown[]) => unknown)(
      {},
      { path: '/p', from: '/p', block: {}, action: 'modify' },
    )
  return { blockManager, safeMode, call, repeated }
}

describe('the guarded namespace', () => {
  it('passes everything on while writes are accepted', async () => {
    const { call } = guarded()
    for (const name of METHODS) expect(await call(name)).toBe(name)
  })

  it.each(BEGINNINGS)('refuses %s in safe mode, whatever turned it on', async (name) => {
    const { call, safeMode, blockManager } = guarded()
    blockManager.readiness = { kind: 'safe-mode', reason: 'starting' }
    await expect(call(name)).rejects.toMatchObject({ code: 'SAFE_MODE' })
    blockManager.readiness = { kind: 'ready' }
    safeMode.enterManually()
    await expect(call(name)).rejects.toMatchObject({ code: 'SAFE_MODE' })
    safeMode.leaveManually()
    expect(await call(name)).toBe(name)
  })

  it.each(BEGINNINGS)('lets a repeated %s through for its first answer', async (name) => {
    const { call, safeMode, repeated } = guarded()
    safeMode.enterManually()
    repeated.add(name)
    expect(await call(name)).toBe(name)
  })

  it.each(CONTINUATIONS)(
    'lets %s through at start, but not against an administrator',
    async (name) => {
      const { call, safeMode, blockManager } = guarded()
      blockManager.readiness = { kind: 'safe-mode', reason: 'starting' }
      expect(await call(name)).toBe(name)
      safeMode.enterManually()
      await expect(call(name)).rejects.toMatchObject({ code: 'SAFE_MODE' })
    },
  )

  it('lets everything else through in safe mode', async () => {
    const { call, safeMode } = guarded()
    safeMode.enterManually()
    const guardedNames: readonly string[] = [...BEGINNINGS, ...CONTINUATIONS]
    for (const name of METHODS.filter((it) => !guardedNames.includes(it))) {
      expect(await call(name)).toBe(name)
    }
  })

  it('tells how to leave a safe mode that was entered by hand, in Hadoop’s words', () => {
    const { safeMode } = guarded()
    safeMode.enterManually()
    expect(() => safeMode.requireOff('Cannot create directory /sm')).toThrow(
      'Cannot create directory /sm. Name node is in safe mode.\n' +
        'It was turned on manually. Use "hdfs dfsadmin -safemode leave" to turn safe mode off. NamenodeHostName:localhost',
    )
  })
})
