import { describe, expect, it } from 'vitest'
import { confirmDamage } from '../../../../datanode/transfer/damage.js'
import { present } from '../../../../shared/assert.js'
import { type Disk, systemDisk } from '../../../../shared/disk.js'
import { startNode } from '../../../support/datanode-fixture.js'
import { pattern, writeBlock } from '../../../support/transfer-peer.js'
import { waitUntil } from '../../../support/wait-until.js'

const ID = 1073741855

describe('confirmDamage()', () => {
  it('does not take a replica that is being deleted for a damaged one', async () => {
    let letGo = () => {}
    let isArmed = false
    let isDeleting = false
    const held = new Promise<void>((resolve) => {
      letGo = resolve
    })
    const disk: Disk = {
      ...systemDisk,
      remove: async (path) => {
        await systemDisk.remove(path)
        if (!isArmed) return
        isDeleting = true
        await held
      },
    }
    const node = await startNode({ disk })
    await writeBlock(node.port, ID, pattern(0, 1300))
    const { store } = node.context
    const replica = present(store.get(ID), 'the block was written')
    isArmed = true
    const deleted = store.delete(ID, replica.generationStamp, replica.volume.storageId)
    await waitUntil(async () => isDeleting, { what: 'the files are gone' })
    const confirmed = confirmDamage(node.context, replica, 1299)
    letGo()
    expect(await confirmed).toBe(false)
    expect(await deleted).toBe(replica)
    expect(node.events.kinds()).not.toContain('corrupt')
  })
})
