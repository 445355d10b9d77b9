import { expect, it } from 'vitest'
import { type StatusDocument, statusLines } from '../../../../cli/commands/status.js'

const WELL: StatusDocument = {
  health: 'ok',
  blocks: {},
  corruptBlocks: 0,
  isSettled: true,
  pendingCopies: 0,
  queuedBlocks: 0,
  writes: { ready: true },
  nodes: [],
  examples: [],
}

it('dfs status names slow disks with their figures, and says nothing of a namenode that does not compare', () => {
  const slowStorages = [
    {
      node: 'box (10.0.0.1:9866)',
      storageId: 'DS-1',
      type: 'DISK',
      call: 'sync',
      meanMs: 312.4,
      usualMs: 1.26,
    },
  ]
  const words = ['Health: ok', 'Datanodes: 0 live, 0 stale, 0 dead']
  expect(statusLines(WELL)).toEqual(words)
  expect(statusLines({ ...WELL, slowStorages })).toEqual([
    ...words,
    '  slow disk: box (10.0.0.1:9866), DISK DS-1: 312 ms for a sync, 1.3 ms is usual',
  ])
  const avoided = slowStorages.map((it) => ({ ...it, isAvoided: true }))
  expect(statusLines({ ...WELL, slowStorages: avoided }).at(-1)).toMatch(
    /1.3 ms is usual; avoided$/,
  )
})
