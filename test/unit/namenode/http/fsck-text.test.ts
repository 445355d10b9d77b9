import { describe, expect, it } from 'vitest'
import {
  type FsckTextOptions,
  fsckHead,
  fsckItemText,
  fsckTail,
} from '../../../../namenode/http/fsck-text.js'
import type {
  FsckBlock,
  FsckFile,
  FsckReplica,
  FsckSummary,
} from '../../../../namenode/service/inspection/fsck-model.js'
import { blockId, generationStamp } from '../../../../shared/ids.js'
import { javaDate } from '../../../../shared/java-date.js'

const OPTIONS: FsckTextOptions = {
  path: '/',
  user: 'root',
  clientAddress: '::ffff:127.0.0.1',
  showFiles: true,
  showBlocks: true,
  showLocations: true,
  showRacks: false,
  showReplicaDetails: false,
  showUpgradeDomains: false,
  showOpen: false,
  blockPoolId: 'BP-136533816-127.0.0.1-1795265636992',
}

const replica = (
  address: string,
  storageId: string,
  change: Partial<FsckReplica> = {},
): FsckReplica => ({
  datanodeUuid: storageId,
  hostname: 'h',
  address,
  storageId,
  storageType: 'DISK',
  rack: '/default-rack',
  liveness: 'live',
  adminState: 'normal',
  judgement: 'good',
  isConfirmed: true,
  isLeaving: false,
  ...change,
})

const block = (change: Partial<FsckBlock> = {}): FsckBlock => ({
  id: blockId(1073741826),
  generationStamp: generationStamp(1008),
  lengthBytes: 1026,
  index: 0,
  state: 'committed',
  expectedReplicas: 2,
  liveReplicas: 2,
  risk: 'none',
  pendingCopies: 0,
  replicas: [
    replica('127.0.0.1:9446', 'DS-29262ada-c5cc-4b62-9d62-ddf6828e71cb'),
    replica('127.0.0.1:9456', 'DS-d34299e1-c379-4035-b1e2-114ccbd0b36d'),
  ],
  remark: '',
  ...change,
})

const file = (blocks: readonly FsckBlock[], change: Partial<FsckFile> = {}): FsckFile => ({
  kind: 'file',
  path: '/j/f513',
  lengthBytes: 1026,
  replication: 2,
  owner: 'root',
  group: 'root',
  permission: 0o644,
  isOpen: false,
  storagePolicy: 'HOT',
  blocks,
  problems: [],
  ...change,
})

const SUMMARY: FsckSummary = {
  kind: 'summary',
  path: '/',
  isHealthy: true,
  files: 25,
  directories: 4,
  openFiles: 0,
  openLengthBytes: 0,
  openBlocks: 0,
  lengthBytes: 400_020,
  blocks: 26,
  minimallyReplicatedBlocks: 26,
  underReplicatedBlocks: 1,
  overReplicatedBlocks: 0,
  badlyPlacedBlocks: 0,
  missingBlocks: 0,
  missingFiles: 0,
  missingBytes: 0,
  corruptBlocks: 0,
  missingReplicas: 1,
  liveReplicas: 77,
  orphanBlocks: 0,
  queuedBlocks: 0,
  violations: 0,
  keptForUndo: undefined,
  defaultReplication: 3,
  minReplication: 1,
  datanodes: 4,
  racks: 1,
  durationMs: 5.3,
}

describe('the text of a check is that of Apache HDFS 3.4.3', () => {
  it('in its first line', () => {
    expect(fsckHead(OPTIONS, Date.UTC(2026, 10, 21, 13, 5, 53))).toBe(
      'FSCK started by root (auth:SIMPLE) from /127.0.0.1 for path / at Sat Nov 21 13:05:53 UTC 2026\n\n',
    )
    expect(javaDate(Date.UTC(2026, 0, 3))).toBe('Sat Jan 03 00:00:00 UTC 2026')
  })

  it('for a directory and a healthy file with blocks and locations', () => {
    expect(fsckItemText({ kind: 'directory', path: '/j' }, OPTIONS)).toBe('/j <dir>\n')
    expect(fsckItemText(file([block()]), OPTIONS)).toBe(
      '/j/f513 1026 bytes, replicated: replication=2, 1 block(s):  OK\n' +
        '0. BP-136533816-127.0.0.1-1795265636992:blk_1073741826_1008 len=1026 Live_repl=2  ' +
        '[DatanodeInfoWithStorage[127.0.0.1:9446,DS-29262ada-c5cc-4b62-9d62-ddf6828e71cb,DISK], ' +
        'DatanodeInfoWithStorage[127.0.0.1:9456,DS-d34299e1-c379-4035-b1e2-114ccbd0b36d,DISK]]\n\n',
    )
  })

  it('for upgrade domains, of which there are none', () => {
    const options = { ...OPTIONS, showLocations: false, showUpgradeDomains: true }
    expect(fsckItemText(file([block()]), options)).toContain(',DISK](ud=undefined), Datanode')
  })

  it('for a file with too few replicas', () => {
    const text = fsckItemText(file([block({ liveReplicas: 1, risk: 'single-copy' })]), {
      ...OPTIONS,
      showFiles: false,
      showBlocks: false,
    })
    expect(text).toBe(
      '\n/j/f513:  Under replicated BP-136533816-127.0.0.1-1795265636992:blk_1073741826_1008. ' +
        'Target Replicas is 2 but found 1 live replica(s), 0 decommissioned replica(s), 0 decommissioning replica(s).\n',
    )
  })

  it('for a file with a lost block, which is named with and without files', () => {
    const lost = file([block({ liveReplicas: 0, risk: 'missing', replicas: [] })])
    expect(fsckItemText(lost, { ...OPTIONS, showFiles: false, showBlocks: false })).toBe(
      '\n/j/f513: MISSING 1 blocks of total size 1026 B.\n',
    )
    const text = fsckItemText(lost, OPTIONS)
    expect(text).toContain('1 block(s):  MISSING 1 blocks of total size 1026 B\n')
    expect(text).toContain('len=1026 MISSING!  []\n')
    expect(text).not.toContain('OK')
  })

  it('for a bad replica', () => {
    const bad = replica('a:1', 'DS-1', { judgement: 'corrupt' })
    const text = fsckItemText(file([block({ replicas: [bad] })]), OPTIONS)
    expect(text).toContain(
      '\n/j/f513: CORRUPT blockpool BP-136533816-127.0.0.1-1795265636992 block blk_1073741826\n',
    )
  })

  it('leaves out open files unless asked, and what is hidden', () => {
    const open = file([], { isOpen: true })
    expect(fsckItemText(open, OPTIONS)).toBe('')
    const named = ' 0 block(s), OPENFORWRITE: '
    expect(fsckItemText(open, { ...OPTIONS, showOpen: true })).toContain(`${named} OK\n`)
    const quiet = { ...OPTIONS, showFiles: false, showBlocks: false }
    expect(fsckItemText(open, { ...quiet, showOpen: true })).toContain(`${named}\n`)
    expect(fsckItemText(file([block()]), quiet)).toBe('')
    expect(fsckItemText({ kind: 'directory', path: '/j' }, quiet)).toBe('')
  })

  it('at its end, with open files beside the others or among them', () => {
    const summary = { ...SUMMARY, openFiles: 1, openLengthBytes: 10, openBlocks: 1 }
    const { files, lengthBytes, blocks } = summary
    const apart = fsckTail(summary, 0, OPTIONS)
    expect(apart).toContain(` Total size:\t${lengthBytes - 10} B (Total open files size: 10 B)\n`)
    expect(apart).toContain(` Total files:\t${files - 1} (Files currently being written: 1)\n`)
    expect(apart).toContain(' (Total open file blocks (not validated): 1)\n')
    const among = fsckTail(summary, 0, { showOpen: true })
    expect(among).toContain(` Total files:\t${files}\n Total blocks (validated):\t${blocks + 1} (`)
    expect(among).not.toMatch(/open file|being written/)
  })

  it('at its end, with the verdict in the last line', () => {
    const text = fsckTail(SUMMARY, Date.UTC(2026, 10, 21, 13, 5, 53), OPTIONS)
    for (const line of [
      'Status: HEALTHY',
      ' Number of data-nodes:\t4',
      ' Total size:\t400020 B',
      ' Total blocks (validated):\t26 (avg. block size 15385 B)',
      ' Minimally replicated blocks:\t26 (100.0 %)',
      ' Under-replicated blocks:\t1 (3.846154 %)',
      ' Average block replication:\t2.961538',
      ' Missing replicas:\t\t1 (1.282051 %)',
      'FSCK ended at Sat Nov 21 13:05:53 UTC 2026 in 5 milliseconds',
    ]) {
      expect(text.split('\n')).toContain(line)
    }
    expect(text.trimEnd().split('\n').at(-1)).toBe("The filesystem under path '/' is HEALTHY")
    const corrupt = fsckTail({ ...SUMMARY, isHealthy: false, missingBlocks: 1 }, 0, OPTIONS)
    expect(corrupt.trimEnd().split('\n').at(-1)).toBe("The filesystem under path '/' is CORRUPT")
  })

  it('of an empty file system divides by nothing', () => {
    const empty = {
      ...SUMMARY,
      blocks: 0,
      liveReplicas: 0,
      missingReplicas: 0,
      underReplicatedBlocks: 0,
    }
    expect(fsckTail(empty, 0, OPTIONS)).not.toMatch(/NaN|Infinity/)
  })
})

describe('beyond HDFS', () => {
  it('tells what is kept for undo to those who ask for it, before the verdict', () => {
    const keptForUndo = {
      deletions: 2,
      files: 3,
      blocks: 4,
      lengthBytes: 1500,
      spaceBytes: 4500,
      firstUntilMs: Date.UTC(2026, 0, 3),
      lastUntilMs: Date.UTC(2026, 0, 4),
    }
    const text = fsckTail({ ...SUMMARY, keptForUndo }, 0, OPTIONS)
    expect(text).toContain(`
Kept for undo:
 Total size:\t1500 B (4500 B with all replicas)
 Total deletions:\t2
 Total files:\t3
 Total blocks:\t4
 The first goes:\tSat Jan 03 00:00:00 UTC 2026
 The last goes:\tSun Jan 04 00:00:00 UTC 2026

FSCK ended`)
    expect(text.replace(/Kept for undo:.*(?=FSCK ended)/s, '')).toBe(fsckTail(SUMMARY, 0, OPTIONS))
  })
})
