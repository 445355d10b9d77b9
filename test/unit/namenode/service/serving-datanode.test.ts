import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Call } from '../../../../namenode/service/access/call.js'
import { servingDatanode } from '../../../../namenode/service/nodes/serving-datanode.js'
import { blockId } from '../../../../shared/ids.js'
import { type NamenodeRpc, openNamenodeRpc } from '../../../support/namenode-rpc.js'
import { datanodeView } from '../../../support/scripted-block-manager.js'

let namenode: NamenodeRpc
beforeEach(async () => {
  namenode = await openNamenodeRpc()
})
afterEach(() => namenode.close())

const call = (): Call => ({
  principal: namenode.services.principals.principal('root'),
  requestId: undefined,
  clientAddress: '10.0.0.9',
  localAddress: '10.0.0.1',
})
const target = (read?: { path: string; offsetBytes: number }) =>
  servingDatanode(call(), read, { ...namenode.services, blockSizeBytes: 1024 })

describe('an HTTP client is sent', () => {
  it('to a datanode that holds the byte it wants first', async () => {
    const root = namenode.client()
    const create = {
      masked: { perm: 0o644 },
      clientName: 'w',
      createFlag: 1,
      createParent: true,
      replication: 1,
    }
    await root.create({ src: '/f', ...create, blockSize: 1024 })
    const { block } = await root.addBlock({ src: '/f', clientName: 'w' })
    await root.complete({ src: '/f', clientName: 'w', last: { ...block.b, numBytes: 9 } })
    const { blockManager } = namenode
    blockManager.place(blockId(block.b.blockId), [blockManager.replicaOn(blockManager.nodes[2]!)])
    expect(target({ path: '/f', offsetBytes: 3 })).toBe('10.0.0.3:9864')
  })

  it('with an upload to a node that would get the first replica', () => {
    expect(target()).toBe('10.0.0.1:9864')
  })

  it('to any living node for an empty file or when there is no room', async () => {
    namenode.blockManager.chooseTargets = () => []
    expect(target()).toBe('10.0.0.1:9864')
  })

  it('to an IPv6 address in brackets', () => {
    namenode.blockManager.nodes = [datanodeView(1, { addresses: ['fd00::1'] })]
    expect(target()).toBe('[fd00::1]:9864')
  })

  it('nowhere when no datanode lives', () => {
    namenode.blockManager.nodes = [datanodeView(1, { liveness: 'dead' })]
    expect(() => target()).toThrow(/Failed to find datanode/)
  })
})
