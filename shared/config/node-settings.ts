/** Settings about which datanodes belong to a cluster, which are to leave, and where they are. */
import { duration, integer, list, type Setting } from './setting.js'

const NAMENODE = ['namenode'] as const

export const NODE_SETTINGS = {
  'nodes.hosts-files': list({
    about: 'lists of datanodes that may join, or combined JSON documents; none is everybody',
    for: NAMENODE,
    default: [],
    isPath: true,
    hdfs: 'dfs.hosts',
  }),
  'nodes.exclude-files': list({
    about: 'lists of datanodes that are to be decommissioned',
    for: NAMENODE,
    default: [],
    isPath: true,
    hdfs: 'dfs.hosts.exclude',
  }),
  'nodes.check-interval': duration({
    about: 'pause between two looks at what still depends on nodes that leave',
    for: NAMENODE,
    default: '5s',
    min: '10ms',
    hdfs: 'dfs.namenode.decommission.interval',
    hdfsUnit: 's',
  }),
  'maintenance.min-replicas': integer({
    about: 'replicas of a block that stay reachable while others are in maintenance',
    for: NAMENODE,
    default: 2,
    min: 1,
    max: 512,
    hdfs: 'dfs.namenode.maintenance.replication.min',
  }),
} as const satisfies Record<string, Setting<unknown>>
