import { describe, expect, it } from 'vitest'
import type { Audit } from '../../../../namenode/service/access/audit.js'
import { clientNamespace } from '../../../../namenode/service/namespace/client-namespace.js'
import {
  CLIENT_CHANGES,
  CLIENT_READS,
} from '../../../../namenode/service/namespace/client-operations.js'
import type { Namespace } from '../../../../namenode/service/namespace/namespace.js'
import { SafeMode } from '../../../../namenode/service/safe-mode.js'
import { DfsError } from '../../../../shared/errors.js'
import { ScriptedBlockManager } from '../../../support/scripted-block-manager.js'

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
  'undelete',
  'setReplication',
  'setPermission',
  'changeAcl',
  'setQuota',
  'setStoragePolicy',
  'satisfyStoragePolicy',
  'setXAttr',
  'removeXAttr',
  'setOwner',
  'setTimes',
  'allowSnapshot',
  'disallowSnapshot',
  'createSnapshot',
  'renameSnapshot',
  'deleteSnapshot',
] as const
const CONTINUATIONS = [
  'abandonBlock',
  'completeFile',
  'completeEmptyFile',
  'fsync',
  'reserveGenerationStamp',
  'updatePipeline',
] as const

/** Steps of a write whose beginning has its line, and what is not asked for a client. */
const WITHOUT_A_LINE: readonly string[] = [
  'allocateBlock',
  'abandonBlock',
  'completeFile',
  'completeEmptyFile',
  'fsync',
  'reserveGenerationStamp',
  'updatePipeline',
  'renewLease',
  'openFile',
  'wasCarriedOut',
]

const ASKED = { path: '/p', from: '/p', to: '/t', sources: ['/s'], block: {}, action: 'modify' }
const CALL = { principal: { user: 'ann' }, clientAddress: '10.0.0.1', face: 'rpc' }

/** Over a namespace whose every method answers its own name. */
function wrapped() {
  const blockManager = new ScriptedBlockManager(0)
  const safeMode = new SafeMode(blockManager)
  const repeated = new Set<string>()
  const failing = new Set<string>()
  const plain = new Proxy({} as Namespace, {
    get: (_, name: string) => (call: unknown) => {
      if (failing.has(name)) throw new DfsError('NOT_FOUND', 'gone')
      if (name === 'wasCarriedOut') return repeated.has(String(call))
      return name === 'create' ? MADE : name
    },
  })
  const lines: Parameters<Audit['record']>[] = []
  const audit = { record: (...line: Parameters<Audit['record']>) => lines.push(line) }
  const namespace = clientNamespace(plain, safeMode, audit)
  const methods = Object.keys(namespace).filter((name) => name !== 'identity')
  const call = (name: string) => (namespace as unknown as Methods)[name]?.(CALL, ASKED)
  return { blockManager, safeMode, call, repeated, failing, lines, methods }
}

type Methods = Record<string, (...parameters: unknown[]) => unknown>
const MADE = { owner: 'ann', group: 'staff', permission: 0o640, kind: 'file' }
const answerOf = (name: string) =>
  name === 'create' ? MADE : name === 'wasCarriedOut' ? false : name

describe('the namespace for clients', () => {
  it('passes everything on while writes are accepted', async () => {
    const { call, methods } = wrapped()
    expect(methods.length).toBeGreaterThan(70)
    for (const name of methods) expect(await call(name)).toEqual(answerOf(name))
  })

  it.each(BEGINNINGS)('refuses %s in safe mode, whatever turned it on', async (name) => {
    const { call, safeMode, blockManager } = wrapped()
    blockManager.readiness = { kind: 'safe-mode', reason: 'starting' }
    await expect(call(name)).rejects.toMatchObject({ code: 'SAFE_MODE' })
    blockManager.readiness = { kind: 'ready' }
    safeMode.enterManually()
    await expect(call(name)).rejects.toMatchObject({ code: 'SAFE_MODE' })
    safeMode.leaveManually()
    expect(await call(name)).toEqual(answerOf(name))
  })

  it.each(BEGINNINGS)('lets a repeated %s through for its first answer', async (name) => {
    const { call, safeMode, repeated } = wrapped()
    safeMode.enterManually()
    repeated.add(name)
    expect(await call(name)).toEqual(answerOf(name))
  })

  it.each(CONTINUATIONS)(
    'lets %s through at start, but not against an administrator',
    async (name) => {
      const { call, safeMode, blockManager } = wrapped()
      blockManager.readiness = { kind: 'safe-mode', reason: 'starting' }
      expect(await call(name)).toEqual(answerOf(name))
      safeMode.enterManually()
      await expect(call(name)).rejects.toMatchObject({ code: 'SAFE_MODE' })
    },
  )

  it('lets everything else through in safe mode', async () => {
    const { call, safeMode, methods } = wrapped()
    safeMode.enterManually()
    const guardedNames: readonly string[] = [...BEGINNINGS, ...CONTINUATIONS]
    for (const name of methods.filter((it) => !guardedNames.includes(it))) {
      expect(await call(name)).toEqual(answerOf(name))
    }
  })

  it('leaves one line for each operation of a client, also of one that fails or is refused', async () => {
    const { call, methods, lines, failing, safeMode } = wrapped()
    const outcomes = async (name: string) => {
      lines.length = 0
      await Promise.resolve()
        .then(() => call(name))
        .catch(() => undefined)
      return lines.map(([{ user, address, face, outcome }]) => [user, address, face, outcome])
    }
    const line = (outcome: string) => [['ann', '10.0.0.1', 'rpc', outcome]]
    const names = [...Object.keys(CLIENT_READS), ...Object.keys(CLIENT_CHANGES)]
    const audited = names.filter((name) => !WITHOUT_A_LINE.includes(name))
    for (const name of audited) {
      expect([name, await outcomes(name)]).toEqual([name, line('success')])
      failing.add(name)
      expect([name, await outcomes(name)]).toEqual([name, line('NOT_FOUND')])
      failing.delete(name)
    }
    for (const name of methods.filter((it) => !audited.includes(it))) {
      expect([name, await outcomes(name)]).toEqual([name, []])
    }
    safeMode.enterManually()
    for (const name of BEGINNINGS.filter((it) => it !== 'allocateBlock')) {
      expect([name, await outcomes(name)]).toEqual([name, line('SAFE_MODE')])
    }
  })

  it('tells of what was made whose it is, and of a change from where to where', async () => {
    const { call, lines } = wrapped()
    await call('create')
    await call('rename')
    await call('changeAcl')
    expect(
      lines.map(([{ command, path, target, permission }]) => [command, path, target, permission]),
    ).toEqual([
      ['create', '/p', undefined, 'ann:staff:rw-r-----'],
      ['rename', '/p', '/t', undefined],
      ['modifyAclEntries', '/p', undefined, undefined],
    ])
  })

  it('tells how to leave a safe mode that was entered by hand, in Hadoop’s words', () => {
    const { safeMode } = wrapped()
    safeMode.enterManually()
    expect(() => safeMode.requireOff('Cannot create directory /sm')).toThrow(
      'Cannot create directory /sm. Name node is in safe mode.\n' +
        'It was turned on manually. Use "hdfs dfsadmin -safemode leave" to turn safe mode off. NamenodeHostName:localhost',
    )
  })
})
