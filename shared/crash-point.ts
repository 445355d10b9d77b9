/**
 * Named places between two durable effects at which a test may end a process as `kill -9` does (reliability A5). One switch:
 * `DFS_CRASH_AT=<point>[/<subject>][:<n>]` ends it at the n-th passage (default 1). Without the switch `crashPoint` is an
 * empty function, chosen once when the module loads. The environment and not a setting: it must reach the writer's thread
 * before anything else does, and is nothing that a configuration file may hold.
 */

/** Passed by the namenode with the kind of a change as subject. In the order of one change's life. */
export const CHANGE_STEPS = [
  /** The rule has said yes; nothing is changed. */
  'change.decided',
  /** The edit is in the log, its effects are not in the tables. */
  'change.logged',
  /** Applied, inside the open transaction. */
  'change.applied',
  /** Everything is written, COMMIT comes next. */
  'change.committing',
  /** Durable; the record beside the database does not say so yet. */
  'change.committed',
  /** Durable and recorded; nobody has been answered. */
  'change.recorded',
  /** The service thread knows; the answer is about to leave. */
  'change.answering',
] as const

/** Passed by the namenode; those of commands have the kind of command as subject. */
export const NAMENODE_POINTS = [
  'start.opened',
  'start.epoch-begun',
  /** At the first start only. */
  'start.record-made',
  'start.recorded',
  'checkpoint.due',
  'checkpoint.done',
  'command.handing-out',
  'command.ended',
] as const

/** Passed by a datanode, in the order of a replica's life. */
export const DATANODE_POINTS = [
  'create.data-made',
  'create.files-made',
  'create.header-written',
  'packet.verified',
  'packet.acknowledging',
  'flush.written',
  'sync.begun',
  'sync.files-synced',
  'sync.point-written',
  'sync.point-synced',
  'sync.names-synced',
  'finalize.begun',
  'finalize.closed',
  'meta.renamed',
  'meta.rename-synced',
  'finalize.reported',
  'resume.settled',
  'resume.renamed',
  'cut.begun',
  'cut.point-synced',
  'cut.data-truncated',
  'cut.record-written',
  'cut.meta-truncated',
  'recovery.prepared',
  'recovery.reopened',
  'recovery.finished',
  'copy.begun',
  'copy.synced',
  'copy.old-condemned',
  'copy.data-placed',
  'copy.meta-placed',
  'copy.folder-synced',
  'delete.condemned',
  'delete.data-removed',
  'delete.done',
  'quarantine.meta-moved',
  'corrupt.confirmed',
  'version.written',
  'version.renamed',
] as const

export type CrashPoint =
  | (typeof CHANGE_STEPS)[number]
  | (typeof NAMENODE_POINTS)[number]
  | (typeof DATANODE_POINTS)[number]

/** Ends the process without a word when the switch names this place; does nothing otherwise. */
export const crashPoint: (point: CrashPoint, subject?: string) => void = armed(
  process.env['DFS_CRASH_AT'],
  () => process.kill(process.pid, 'SIGKILL'),
)

/** @param text what the switch says. @param crash what happens at the n-th passage of the named place */
export function armed(
  text: string | undefined,
  crash: () => void,
): (point: CrashPoint, subject?: string) => void {
  if (text === undefined || text === '') return () => {}
  const [place = '', count = '1'] = text.split(':')
  let left = Number(count)
  return (point, subject) => {
    if (place !== point && place !== `${point}/${subject}`) return
    left -= 1
    if (left === 0) crash()
  }
}
