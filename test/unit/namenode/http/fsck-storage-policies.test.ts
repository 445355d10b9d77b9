/** The expected texts are what HDFS 3.4.3 prints for the same blocks (`StoragePolicySummary`). */
import { expect, it } from 'vitest'
import { StoragePolicySums } from '../../../../namenode/http/fsck-storage-policies.js'
import type { StorageType } from '../../../../namenode/policy/storage-types.js'
import type {
  FsckBlock,
  FsckFile,
  FsckReplica,
} from '../../../../namenode/service/inspection/fsck-model.js'
import { blockId, generationStamp } from '../../../../shared/ids.js'

const replica = (storageType: StorageType, change: Partial<FsckReplica> = {}): FsckReplica => ({
  ...{ datanodeUuid: 'd', hostname: 'h', address: 'a', storageId: 's', rack: '/r' },
  ...{ liveness: 'live', adminState: 'normal', judgement: 'good', isConfirmed: true },
  ...{ isLeaving: false, storageType },
  ...change,
})

const block = (replicas: readonly FsckReplica[]): FsckBlock => ({
  ...{ id: blockId(1), generationStamp: generationStamp(1), lengthBytes: 1, index: 0 },
  ...{ state: 'committed', expectedReplicas: 3, liveReplicas: 3, risk: 'none' },
  ...{ pendingCopies: 0, replicas, remark: '' },
})

const file = (storagePolicy: string, blocks: readonly FsckBlock[]): FsckFile => ({
  ...{ kind: 'file', path: '/f', lengthBytes: 1, replication: 3, owner: 'o', group: 'g' },
  ...{ permission: 0o644, isOpen: false, storagePolicy, blocks, problems: [] },
})

function textOf(...rows: readonly (readonly [string, number, ...StorageType[]])[]): string {
  const sums = new StoragePolicySums()
  for (const [policy, count, ...types] of rows) {
    sums.add(file(policy, Array(count).fill(block(types.map((it) => replica(it))))))
  }
  return sums.text()
}

it('says that all blocks are where they should be', () => {
  const text = textOf(['HOT', 5, 'DISK', 'DISK', 'DISK'], ['ONE_SSD', 3, 'DISK', 'SSD', 'DISK'])
  expect(text).toBe(`
Blocks satisfying the specified storage policy:
Storage Policy                  # of blocks       % of blocks
DISK:3(HOT)                        5              62.5000%
SSD:1,DISK:2(ONE_SSD)              3              37.5000%

All blocks satisfy specified storage policy.
`)
  expect(textOf()).toBe(`
Blocks satisfying the specified storage policy:
Storage Policy                  # of blocks       % of blocks

All blocks satisfy specified storage policy.
`)
})

it('tells those that are elsewhere from those that are not, the most first', () => {
  const text = textOf(
    ['HOT', 7, 'DISK', 'DISK', 'DISK'],
    ['HOT', 6, 'DISK', 'DISK'],
    ['HOT', 5, 'SSD', 'DISK', 'DISK'],
    ['WARM', 4, 'DISK', 'ARCHIVE', 'ARCHIVE'],
    ['WARM', 3, 'DISK', 'DISK', 'DISK'],
    ['HOT', 2],
    ['LAZY_PERSIST', 8, 'RAM_DISK'],
    ['COLD', 9, 'DISK', 'DISK', 'ARCHIVE'],
    ['HOT', 1, 'ARCHIVE', 'SSD', 'DISK'],
    ['ALL_SSD', 11, 'SSD'],
    ['LAZY_PERSIST', 10, 'RAM_DISK', 'DISK', 'DISK'],
    ['ONE_SSD', 12, 'SSD'],
  )
  expect(text).toBe(`
Blocks satisfying the specified storage policy:
Storage Policy                  # of blocks       % of blocks
SSD:1(ALL_SSD)                    11              14.1026%
RAM_DISK:1,DISK:2(LAZY_PERSIST)         10              12.8205%
DISK:3(HOT)                        7               8.9744%
DISK:2(HOT)                        6               7.6923%
DISK:1,ARCHIVE:2(WARM)             4               5.1282%

Blocks NOT satisfying the specified storage policy:
Storage Policy                  Specified Storage Policy      # of blocks       % of blocks
SSD:1(ALL_SSD)                      ONE_SSD                      12              15.3846%
DISK:2,ARCHIVE:1                    COLD                          9              11.5385%
RAM_DISK:1                          LAZY_PERSIST                  8              10.2564%
SSD:1,DISK:2(ONE_SSD)               HOT                           5               6.4103%
DISK:3(HOT)                         WARM                          3               3.8462%
                                    HOT                           2               2.5641%
SSD:1,DISK:1,ARCHIVE:1              HOT                           1               1.2821%
`)
})

it('counts replicas that can be read, and no others', () => {
  const sums = new StoragePolicySums()
  const bad = [replica('SSD', { judgement: 'corrupt' }), replica('SSD', { liveness: 'dead' })]
  sums.add(file('HOT', [block([replica('DISK'), ...bad])]))
  expect(sums.text()).toContain('DISK:1(HOT)                        1             100.0000%\n')
})
