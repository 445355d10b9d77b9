/** The administrator's commands, under their names here and, as aliases, those of `hdfs dfsadmin`. */
import type { CommandEntry, CommandModule } from './command.js'

const entry = (
  name: string,
  aliases: readonly string[],
  summary: string,
  load: () => Promise<CommandModule>,
): CommandEntry => ({
  name,
  aliases,
  summary,
  group: 'administration',
  load,
})

const state = () => import('./commands/admin/namenode-state.js')
const views = () => import('./commands/admin/cluster-views.js')
const datanodes = () => import('./commands/admin/datanodes.js')
const snapshots = () => import('./commands/snapshot-verbs.js')
const users = () => import('./commands/admin/users.js')

export const ADMINISTRATION: readonly CommandEntry[] = [
  entry(
    'safemode',
    [],
    'get, enter, leave or wait for safe mode',
    async () => (await state()).safeMode,
  ),
  entry(
    'topology',
    ['printTopology'],
    'racks and their datanodes',
    async () => (await views()).topology,
  ),
  entry(
    'open-files',
    ['listOpenFiles'],
    'files that are being written',
    async () => (await views()).openFiles,
  ),
  entry(
    'refresh-nodes',
    ['refreshNodes'],
    'read the lists of hosts again',
    async () => (await state()).refreshNodes,
  ),
  entry(
    'metasave',
    [],
    'write what block management is busy with into a file',
    async () => (await state()).metaSave,
  ),
  entry(
    'save-namespace',
    ['saveNamespace'],
    'for old scripts: every change is saved',
    async () => (await state()).saveNamespace,
  ),
  entry(
    'roll-edits',
    ['rollEdits'],
    'the number of the next transaction',
    async () => (await state()).rollEdits,
  ),
  entry(
    'balancer-bandwidth',
    ['setBalancerBandwidth', 'getBalancerBandwidth'],
    'limit the copies of all datanodes',
    async () => (await datanodes()).balancerBandwidth,
  ),
  entry(
    'block-report',
    ['triggerBlockReport'],
    'have a datanode report its blocks',
    async () => (await datanodes()).blockReport,
  ),
  entry(
    'datanode-info',
    ['getDatanodeInfo'],
    'version and uptime of a datanode',
    async () => (await datanodes()).datanodeInfo,
  ),
  entry(
    'volume-report',
    ['getVolumeReport'],
    'volumes of a datanode',
    async () => (await datanodes()).volumeReport,
  ),
  entry(
    'evict-writers',
    ['evictWriters'],
    'send the writers of a datanode away',
    async () => (await datanodes()).evictWriters,
  ),
  entry(
    'shutdown-datanode',
    ['shutdownDatanode'],
    'end a datanode in order',
    async () => (await datanodes()).shutdownDatanode,
  ),
  entry(
    'reconfig',
    [],
    'have a server read its settings again',
    async () => (await import('./commands/admin/reconfigure.js')).reconfigure,
  ),
  entry(
    'groups',
    [],
    'groups of users, as the namenode sees them',
    async () => (await users()).groups,
  ),
  entry(
    'refresh-groups',
    ['refreshUserToGroupsMappings'],
    'have groups asked for again',
    async () => (await users()).refreshGroups,
  ),
  entry(
    'refresh-proxy-users',
    ['refreshSuperUserGroupsConfiguration'],
    'read again who may act for others',
    async () => (await users()).refreshProxyUsers,
  ),
  entry('allowSnapshot', [], 'as snapshot allow', async () => (await snapshots()).allowSnapshot),
  entry(
    'disallowSnapshot',
    [],
    'as snapshot disallow',
    async () => (await snapshots()).disallowSnapshot,
  ),
  entry('createSnapshot', [], 'as snapshot create', async () => (await snapshots()).createSnapshot),
  entry('deleteSnapshot', [], 'as snapshot delete', async () => (await snapshots()).deleteSnapshot),
  entry('renameSnapshot', [], 'as snapshot rename', async () => (await snapshots()).renameSnapshot),
]
