/** Every command, one entry each: the only place to touch when a command is added. Modules load when they are called. */
import { ADMINISTRATION } from './administration-table.js'
import type { CommandEntry } from './command.js'

const file = (
  name: string,
  summary: string,
  load: CommandEntry['load'],
  aliases: readonly string[] = [],
): CommandEntry => ({ name, aliases, summary, group: 'files', load })

const cluster = (name: string, summary: string, load: CommandEntry['load']): CommandEntry => ({
  name,
  summary,
  group: 'cluster',
  load,
})

const quotas = () => import('./commands/quota.js')

export const COMMANDS: readonly CommandEntry[] = [
  ...ADMINISTRATION,
  file('ls', 'list files and directories', () => import('./commands/ls.js')),
  file('put', 'copy local files into the cluster', () => import('./commands/put.js'), [
    'copyFromLocal',
  ]),
  file(
    'moveFromLocal',
    'as put, then delete the local file',
    () => import('./commands/move-from-local.js'),
  ),
  file('get', 'copy files to the local disk', () => import('./commands/get.js'), ['copyToLocal']),
  file('cat', 'print files', () => import('./commands/cat.js')),
  file('text', 'print files, decompressed', () => import('./commands/text.js')),
  file('head', 'print the first kilobyte of a file', () => import('./commands/head.js')),
  file('tail', 'print the last kilobyte of a file', () => import('./commands/tail.js')),
  file('mkdir', 'make directories', () => import('./commands/mkdir.js')),
  file('rm', 'delete files, into the trash when it is on', () => import('./commands/rm.js')),
  file('undo', 'bring back what was deleted', () => import('./commands/undo.js')),
  file('expunge', 'delete what is old in the trash', () => import('./commands/expunge.js')),
  file('rmdir', 'delete empty directories', () => import('./commands/rmdir.js')),
  file('mv', 'move or rename', () => import('./commands/mv.js')),
  file('cp', 'copy within the cluster', () => import('./commands/cp.js')),
  file('touch', 'set times to now, creating the file', () => import('./commands/touch.js')),
  file('touchz', 'create an empty file', () => import('./commands/touchz.js')),
  file(
    'appendToFile',
    'append local files or standard input',
    () => import('./commands/append-to-file.js'),
  ),
  file('truncate', 'shorten files', () => import('./commands/truncate.js')),
  file('concat', 'join files without copying', () => import('./commands/concat.js')),
  file('getmerge', 'join files into one local file', () => import('./commands/getmerge.js')),
  file('stat', 'print particulars of a file', () => import('./commands/stat.js')),
  file('test', 'answer a question with the exit code', () => import('./commands/test.js')),
  file('find', 'find files by name', () => import('./commands/find.js')),
  file('du', 'space used by files and directories', () => import('./commands/du.js')),
  file('df', 'capacity and free space', () => import('./commands/df.js')),
  file('count', 'count directories, files and bytes', () => import('./commands/count.js')),
  file('checksum', 'checksums of files', () => import('./commands/checksum.js')),
  file('chmod', 'change permissions', () => import('./commands/chmod.js')),
  file('chown', 'change owner and group', () => import('./commands/chown.js')),
  file('chgrp', 'change the group', () => import('./commands/chgrp.js')),
  file('getfacl', 'print access control lists', () => import('./commands/getfacl.js')),
  file('setfacl', 'change access control lists', () => import('./commands/setfacl.js')),
  file('getfattr', 'print extended attributes', () => import('./commands/getfattr.js')),
  file('setfattr', 'change extended attributes', () => import('./commands/setfattr.js')),
  file('setrep', 'change the number of replicas', () => import('./commands/setrep.js')),
  cluster('report', 'capacity, health and datanodes', () => import('./commands/report.js')),
  cluster('balance', 'how evenly datanodes are filled', () => import('./commands/balance.js')),
  cluster(
    'status',
    'what is at risk now; the exit code is the health',
    () => import('./commands/status.js'),
  ),
  cluster(
    'explain',
    'what became of the blocks of a file, and why',
    () => import('./commands/explain.js'),
  ),
  cluster(
    'drill',
    'rehearse the loss of a datanode and measure detection and repair',
    () => import('./commands/drill.js'),
  ),
  cluster(
    'node',
    'send datanodes away, for good or for a while, and bring them back',
    () => import('./commands/node.js'),
  ),
  cluster('setQuota', 'limit the names below directories', async () => (await quotas()).setQuota),
  cluster('clrQuota', 'lift the limit of names', async () => (await quotas()).clrQuota),
  cluster(
    'setSpaceQuota',
    'limit the space below directories',
    async () => (await quotas()).setSpaceQuota,
  ),
  cluster('clrSpaceQuota', 'lift the limit of space', async () => (await quotas()).clrSpaceQuota),
  cluster(
    'policy',
    'storage policies: which disks files belong on',
    () => import('./commands/policy.js'),
  ),
  cluster(
    'snapshot',
    'snapshots of directories, and what has changed since',
    () => import('./commands/snapshot.js'),
  ),
  cluster('watch', 'follow what happens in the namespace', () => import('./commands/watch.js')),
  cluster('backup', 'copy the namespace while it is served', () => import('./commands/backup.js')),
  cluster('restore', 'a namespace from backups', () => import('./commands/restore.js')),
  cluster(
    'verify',
    'check a backup of the namespace against its edits',
    () => import('./commands/verify.js'),
  ),
  cluster('audit', 'who did what lately', () => import('./commands/audit.js')),
  cluster('sql', 'ask the namespace in SQL', () => import('./commands/sql.js')),
  cluster('top', 'the busiest users and operations', () => import('./commands/top.js')),
  cluster('fsck', 'check files for missing and corrupt blocks', () => import('./commands/fsck.js')),
  cluster('up', 'start a whole cluster on this machine', () => import('./commands/up.js')),
  cluster('namenode', 'run a namenode', () => import('./commands/namenode.js')),
  cluster('datanode', 'run a datanode', () => import('./commands/datanode.js')),
  cluster('config', 'show the settings and their origin', () => import('./commands/config.js')),
  cluster('version', 'print the version', () => import('./commands/version.js')),
]

/** The entry of a verb or of one of its aliases. */
export const findCommand = (verb: string): CommandEntry | undefined =>
  COMMANDS.find((entry) => entry.name === verb || entry.aliases?.includes(verb))
