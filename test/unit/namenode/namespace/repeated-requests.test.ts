/** At-most-once: a repeat gets its first answer (protocol reference 1.6, faults 37 and 38). */
import { describe, expect, it } from 'vitest'
import { clientNamespace } from '../../../../namenode/service/namespace/client-namespace.js'
import { SafeMode } from '../../../../namenode/service/safe-mode.js'
import { ScriptedBlockManager } from '../../../support/scripted-block-manager.js'
import { as, createArguments, type Fixture, ROOT, refusal, writeFile } from './namespace-fixture.js'
import { namespaceForEach } from './namespace-for-each.js'

let fixture: Fixture
namespaceForEach(
  (it) => {
    fixture = it
  },
  { minBlockSizeBytes: 100 },
)

const create = (path: string, extra: object = {}, call = ROOT) =>
  fixture.namespace.create(call, createArguments(path, extra))

describe('a repeated request', () => {
  const REQUEST = { requestId: { clientId: '00112233445566778899aabbccddeeff', callId: 7 } }

  it('gets its first answer, also after a crash, and has the effect of one', async () => {
    const call = as('hdfs', REQUEST)
    const created = await create('/f', { overwrite: true }, call)
    await fixture.reopen()
    expect(await create('/f', { overwrite: true }, call)).toEqual(created)
    expect(fixture.namespace.totals().files).toBe(1)
  })

  it.each<[string, (f: Fixture, call: typeof ROOT) => Promise<unknown>, unknown]>([
    ['delete', ({ namespace: n }, call) => n.delete(call, { path: '/f', recursive: false }), true],
    ['rename', ({ namespace: n }, call) => n.rename(call, { from: '/f', to: '/g' }), true],
    [
      'rename2',
      ({ namespace: n }, call) =>
        n.renameStrictly(call, { from: '/f', to: '/g', overwrite: false }),
      undefined,
    ],
  ])('%s', async (_name, act, expected) => {
    await writeFile(fixture.namespace, '/f', [5])
    const call = as('hdfs', REQUEST)
    // At the same time, then after a restart.
    expect(await Promise.all([act(fixture, call), act(fixture, call)])).toEqual([
      expected,
      expected,
    ])
    await fixture.reopen()
    expect(await act(fixture, call)).toEqual(expected)
  })

  it('gets its first answer also in safe mode: the namenode has restarted while the client was waiting', async () => {
    await writeFile(fixture.namespace, '/f', [5])
    const call = as('hdfs', REQUEST)
    await fixture.namespace.delete(call, { path: '/f', recursive: false })
    await fixture.reopen()
    const safeMode = new SafeMode(new ScriptedBlockManager(0))
    safeMode.enterManually()
    const guarded = clientNamespace(fixture.namespace, safeMode, { record: () => undefined })
    expect(await guarded.delete(call, { path: '/f', recursive: false })).toBe(true)
    const others = [
      as('bob', REQUEST),
      as('hdfs', { requestId: { ...REQUEST.requestId, callId: 8 } }),
      ROOT,
    ]
    for (const other of others) {
      expect(await refusal(guarded.delete(other, { path: '/f', recursive: false }))).toMatch(
        /^SAFE_MODE: Cannot delete \/f\./,
      )
    }
    // Of another kind it is another request.
    expect(await refusal(guarded.rename(call, { from: '/f', to: '/g' }))).toMatch(/^SAFE_MODE: /)
  })

  it('append answers with its block again', async () => {
    await writeFile(fixture.namespace, '/f', [5])
    const act = () =>
      fixture.namespace.append(as('hdfs', REQUEST), { path: '/f', holder: 'H2', newBlock: false })
    const first = await act()
    expect(await act()).toEqual(first)
  })

  it('is executed again when the first attempt failed, when it is another user or operation, or when it was pruned', async () => {
    const { namespace, clock } = fixture
    const call = as('hdfs', REQUEST)
    const remove = (by = call) => namespace.delete(by, { path: '/f', recursive: false })
    expect(await remove()).toBe(false)
    await writeFile(namespace, '/f', [5])
    expect(await remove()).toBe(true)
    expect(await refusal(remove(as('eve', REQUEST)))).toContain('PERMISSION_DENIED')
    expect(await namespace.rename(call, { from: '/none', to: '/x' })).toBe(false)
    expect(await remove()).toBe(true)
    await namespace.pruneRequests(clock.nowMs + 1)
    expect(await remove()).toBe(false)
  })

  it('without 16 bytes of client id is no repeat', async () => {
    const call = as('hdfs', { requestId: { clientId: '', callId: 7 } })
    await writeFile(fixture.namespace, '/f', [5])
    expect(await fixture.namespace.delete(call, { path: '/f', recursive: false })).toBe(true)
    expect(await fixture.namespace.delete(call, { path: '/f', recursive: false })).toBe(false)
  })
})
