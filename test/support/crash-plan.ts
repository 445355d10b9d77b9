/** Every crash point with the chapter of a life that leads there, and at which passage of it the process dies. */
import { CHANGE_STEPS, DATANODE_POINTS } from '../../shared/crash-point.js'
import type { ChapterName } from './eventful-life.js'

export interface PlannedCrash {
  /** As `DFS_CRASH_AT` has it. */
  readonly at: string
  readonly process: 'namenode' | 'datanode'
  readonly chapter: ChapterName
}

/** Kinds of changes by the chapter in which they come. */
const CHANGES: Readonly<Partial<Record<ChapterName, readonly string[]>>> = {
  writing: ['create', 'allocateBlock', 'fsync', 'completeFile'],
  resuming: ['append', 'reserveGenerationStamp', 'updatePipeline', 'truncate'],
  abandoning: ['beginLeaseRecovery', 'finishLeaseRecovery'],
  deleting: ['delete', 'purgeDeletedTrees', 'forgetDeletedBlocks'],
  renaming: ['rename', 'renameStrictly'],
  joining: ['concat'],
  describing: [
    'mkdirs',
    'setPermission',
    'setOwner',
    'setTimes',
    'setReplication',
    'changeAcl',
    'setXAttr',
    'removeXAttr',
    'setQuota',
    'allowSnapshot',
    'disallowSnapshot',
  ],
  snapping: ['createSnapshot', 'renameSnapshot', 'deleteSnapshot', 'freeSnapshots'],
}

/** At `change.logged` only the edit is known, which has a name of its own for some kinds. */
const EDITS: Readonly<Record<string, string>> = {
  allocateBlock: 'allocate',
  fsync: 'extend',
  completeFile: 'close',
  reserveGenerationStamp: 'stamp',
  updatePipeline: 'pipeline',
  renameStrictly: 'rename',
  changeAcl: 'setAcl',
  beginLeaseRecovery: 'recover',
  finishLeaseRecovery: 'recovered',
  purgeDeletedTrees: 'purge',
  forgetDeletedBlocks: 'forget',
  freeSnapshots: 'freeSnapshot',
}

const COMMANDS: Readonly<Partial<Record<ChapterName, readonly string[]>>> = {
  abandoning: ['prepare-recovery', 'finish-recovery'],
  deleting: ['delete'],
  rotting: ['verify', 'copy'],
}

/** By what the names of points begin with. */
const DATANODE_CHAPTERS: Readonly<Record<string, ChapterName>> = {
  create: 'writing',
  packet: 'writing',
  flush: 'writing',
  sync: 'writing',
  finalize: 'writing',
  meta: 'writing',
  version: 'writing',
  resume: 'resuming',
  cut: 'resuming',
  'recovery.reopened': 'resuming',
  'recovery.prepared': 'abandoning',
  'recovery.finished': 'abandoning',
  copy: 'rotting',
  corrupt: 'rotting',
  quarantine: 'rotting',
  delete: 'deleting',
}

/** Reached only when a copy meets an older version on its node: test/unit/datanode/transfer has that case. */
const ELSEWHERE: ReadonlySet<string> = new Set(['copy.old-condemned'])

export const ALL_CRASHES: readonly PlannedCrash[] = [
  ...CHANGE_STEPS.flatMap((step) =>
    flatten(CHANGES).map(([chapter, kind]) => {
      const subject = step === 'change.logged' ? (EDITS[kind] ?? kind) : kind
      return { at: `${step}/${subject}`, process: 'namenode', chapter } as const
    }),
  ),
  ...flatten(COMMANDS).flatMap(([chapter, kind]) =>
    ['command.handing-out', 'command.ended'].map(
      (point) => ({ at: `${point}/${kind}`, process: 'namenode', chapter }) as const,
    ),
  ),
  ...['start.opened', 'start.epoch-begun', 'start.recorded'].map(
    (at) => ({ at, process: 'namenode', chapter: 'writing' }) as const,
  ),
  ...['checkpoint.due', 'checkpoint.done'].map(
    (at) => ({ at, process: 'namenode', chapter: 'filling' }) as const,
  ),
  ...DATANODE_POINTS.filter((point) => !ELSEWHERE.has(point)).map((at) => {
    const chapter = DATANODE_CHAPTERS[at] ?? DATANODE_CHAPTERS[at.split('.')[0] ?? '']
    if (chapter === undefined) throw new Error(`no chapter leads to ${at}`)
    return { at, process: 'datanode', chapter } as const
  }),
]

/** What `npm test` has time for: where most could go wrong. */
const SAMPLE: readonly string[] = [
  'change.committing/completeFile',
  'change.committed/allocateBlock',
  'change.recorded/rename',
  'change.answering/append',
  'packet.acknowledging',
  'finalize.closed',
  'finalize.reported',
  'cut.data-truncated',
  'copy.data-placed',
  'delete.condemned',
]

/** @param asked undefined: the sample. `all`, or names separated by commas @throws for a name that is none */
export function chooseCrashes(asked: string | undefined): readonly PlannedCrash[] {
  if (asked === 'all') return ALL_CRASHES
  const names = asked === undefined || asked === '' ? SAMPLE : asked.split(',')
  return names.map((name) => {
    const found = ALL_CRASHES.find(({ at }) => at === name)
    if (found === undefined) throw new Error(`there is no crash point ${name}`)
    return found
  })
}

function flatten(
  lists: Readonly<Partial<Record<ChapterName, readonly string[]>>>,
): (readonly [ChapterName, string])[] {
  return Object.entries(lists).flatMap(([chapter, names]) =>
    names.map((name) => [chapter as ChapterName, name] as const),
  )
}
