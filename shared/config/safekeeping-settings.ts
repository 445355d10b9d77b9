/** The settings about what is kept for the day on which it is missed: backups of the namespace, deleted files. */
import { duration, fraction, integer, type Setting, text } from './setting.js'

const NAMENODE = ['namenode'] as const

export const SAFEKEEPING_SETTINGS = {
  'backup.target': text({
    about: 'where the namenode backs its namespace up: a folder, or dfs:/path; empty for nowhere',
    for: NAMENODE,
    default: '',
    pattern: /^(|\/.*|dfs:\/.+)$/,
    example: '/backups/dfs or dfs:/backups',
  }),
  'backup.interval': duration({
    about: 'pause between two backups',
    for: NAMENODE,
    default: '1h',
    min: '1s',
  }),
  'backup.keep': integer({
    about: 'backups that stay; older ones are deleted',
    for: NAMENODE,
    default: 24,
    min: 1,
    max: 100_000,
  }),
  'edits.keep': integer({
    about: 'changes that the log of edits holds: for followers of events, restores, verifications',
    for: NAMENODE,
    default: 1_000_000,
    min: 1000,
    max: 1_000_000_000,
    hdfs: 'dfs.namenode.num.extra.edits.retained',
  }),
  'undo.keep': duration({
    about: 'how long what was deleted or overwritten can be brought back; 0 switches it off',
    for: NAMENODE,
    default: '1h',
  }),
  'undo.free-space': fraction({
    about: "with less of the cluster's capacity free, what was deleted goes early, oldest first",
    for: NAMENODE,
    default: 0.05,
  }),
} as const satisfies Record<string, Setting<unknown>>
