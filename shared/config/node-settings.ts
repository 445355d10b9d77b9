/** Settings about which datanodes belong to a cluster, which are to leave, where they are, and which are avoided. */
import { duration, flag, integer, list, type Setting } from './setting.js'

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
  'topology.table': list({
    about: 'racks by host name or address; before the script and the word of the node itself',
    for: NAMENODE,
    default: [],
    pattern: /^[^=\s]+=(\/[^/\s=]+)+$/,
    example: 'node1=/room-1/rack-7,10.0.0.5=/room-2/rack-1',
  }),
  'topology.script': list({
    about: 'program that prints the rack of each of its arguments',
    for: NAMENODE,
    default: [],
    isPath: true,
    hdfs: 'net.topology.script.file.name',
  }),
  'topology.script-arguments': integer({
    about: 'most arguments of one run of that program',
    for: NAMENODE,
    default: 100,
    min: 1,
    max: 10_000,
    hdfs: 'net.topology.script.number.args',
  }),
  'topology.script-timeout': duration({
    about: 'how long one run may take',
    for: NAMENODE,
    default: '10s',
    min: '10ms',
    max: '2m',
  }),
  'placement.avoid-slow': flag({
    about:
      'disks much slower than the others are written when no other has room, and read last (dfs.namenode.avoid.read.slow.datanode, too)',
    for: NAMENODE,
    default: true,
    hdfs: 'dfs.namenode.block-placement-policy.default.exclude-slow-nodes.enabled',
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
