import { describe, expect, it } from 'vitest'
import { blocksText, cookieOf, corruptBlocksText } from '../../../../namenode/http/fsck-lists.js'
import type { FoundBlock } from '../../../../namenode/service/inspection/block-inquiry.js'
import { blockId, datanodeUuid, generationStamp, storageId } from '../../../../shared/ids.js'

const FIRST = 2 ** 30 + 1

describe('missing blocks of fsck', () => {
  it('are named with replication and path, and a cookie that fits into 32 bits', () => {
    const blocks = [{ blockId: blockId(FIRST), path: '/d/f1', replication: 3 }]
    const page = { blocks, files: ['/d/f1'], cookie: String(FIRST) }
    expect(corruptBlocksText('/', page, true)).toBe(
      "Cookie:\t2\nblk_1073741825\t3\t/d/f1\n\n\nThe filesystem under path '/' has 1 CORRUPT files\n\n",
    )
    expect(cookieOf('2')).toBe(String(FIRST))
  })

  it('end with a page that says so', () => {
    const none = { blocks: [], files: [], cookie: '0' }
    expect(corruptBlocksText('/', none, true)).toContain('has no CORRUPT files')
    expect(corruptBlocksText('/', { ...none, cookie: '5' }, false)).toContain(
      'no more CORRUPT files',
    )
    expect(cookieOf(undefined)).toBe('0')
    expect(cookieOf('a')).toBe('0')
  })
})

const FOUND: FoundBlock = {
  id: blockId(FIRST),
  generationStamp: generationStamp(1001),
  lengthBytes: 6,
  index: 0,
  state: 'committed',
  expectedReplicas: 3,
  liveReplicas: 1,
  risk: 'single-copy',
  pendingCopies: 0,
  remark: '',
  path: '/d/f1',
  isKeptForUndo: false,
  replicas: [
    {
      datanodeUuid: datanodeUuid('u'),
      hostname: 'h1',
      address: '127.0.0.1:9866',
      storageId: storageId('DS-1'),
      rack: '/rack',
      liveness: 'live',
      adminState: 'normal',
      judgement: 'good',
      isConfirmed: true,
      isLeaving: false,
      storageType: 'DISK',
    },
  ],
}

describe('single blocks of fsck', () => {
  const who = { user: 'root', clientAddress: '127.0.0.1', wallMs: Date.UTC(2026, 10, 21) }
  const ask = (names: string) =>
    blocksText(names, (id) => (id === FOUND.id ? FOUND : undefined), who, false)

  it('are told with their file and the state of each replica', () => {
    expect(ask('blk_1073741825')).toBe(
      [
        'FSCK started by root (auth:SIMPLE) from /127.0.0.1 at Sat Nov 21 00:00:00 UTC 2026',
        '',
        'Block Id: blk_1073741825',
        'Block belongs to: /d/f1',
        'No. of Expected Replica: 3',
        'No. of live Replica: 1',
        'No. of excess Replica: 0',
        'No. of stale Replica: 0',
        'No. of decommissioned Replica: 0',
        'No. of decommissioning Replica: 0',
        'No. of corrupted Replica: 0',
        'Block replica on datanode/rack: h1/rack is HEALTHY',
        '',
      ].join('\n'),
    )
    expect(ask('blk_1073741825_1001.meta')).toContain('Block belongs to: /d/f1')
  })

  it.each([
    [true, '(a deleted file that is kept for undo)'],
    [false, '(a snapshot)'],
  ])('of deleted files are said to be that, kept for undo %s', (isKeptForUndo, owner) => {
    const found = { ...FOUND, path: undefined, isKeptForUndo }
    const text = blocksText('blk_1073741825', () => found, who, false)
    expect(text).toContain(`Block belongs to: ${owner}\n`)
  })

  it('that are none are said to be none', () => {
    expect(ask('xyz blk_99')).toMatch(
      /Incorrect blockId format: xyz\n\nBlock blk_99 does not exist\n$/,
    )
  })
})
