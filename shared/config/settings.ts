/**
 * The one table of settings. A key is `<topic>.<name>` in kebab case; the environment's name is the key in capitals
 * with `DFS_` before it (`DFS_NAMENODE_RPC_PORT`); HDFS's own name is understood where there is one. One file serves a
 * whole cluster: each process reads what concerns it.
 */
import { isAdvertisedAddress } from '../control/advertised-address.js'
import { ACCESS_SETTINGS } from './access-settings.js'
import { AUDIT_SETTINGS } from './audit-settings.js'
import { MOVEMENT_SETTINGS } from './movement-settings.js'
import { NODE_SETTINGS } from './node-settings.js'
import { SAFEKEEPING_SETTINGS } from './safekeeping-settings.js'
import {
  choice,
  duration,
  flag,
  fraction,
  host,
  integer,
  list,
  path,
  port,
  type Setting,
  secret,
  size,
  sizeOrShare,
  text,
} from './setting.js'

const NAMENODE = ['namenode'] as const
const DATANODE = ['datanode'] as const
const BOTH = ['namenode', 'datanode'] as const

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const

export const SETTINGS = {
  'cluster.token': secret({
    about: 'shared secret of the cluster; wins over cluster.token-file',
    for: BOTH,
    default: '',
    minLength: 16,
  }),
  'cluster.token-file': path({
    about: 'file with the shared secret; the namenode writes it when it is missing',
    for: BOTH,
    default: 'dfs-data/namenode/cluster-token',
  }),
  'network.bind-host': host({
    about: 'address that servers listen on',
    for: BOTH,
    default: '127.0.0.1',
    hdfs: 'dfs.namenode.rpc-bind-host',
  }),
  'network.allow-unauthenticated': flag({
    about: 'listen beyond this machine although whoever connects may claim to be any user',
    for: BOTH,
    default: false,
  }),
  'log.level': choice({ about: 'least severe messages to log', for: BOTH, default: 'info' }, [
    ...LOG_LEVELS,
  ]),
  'log.format': choice(
    { about: 'auto is text on a terminal and JSON elsewhere', for: BOTH, default: 'auto' },
    ['auto', 'text', 'json'],
  ),

  'namenode.data-folder': path({
    about: 'folder of the namespace',
    for: NAMENODE,
    default: 'dfs-data/namenode',
    hdfs: 'dfs.namenode.name.dir',
  }),
  'namenode.host': host({
    about: 'where datanodes find the namenode',
    for: DATANODE,
    default: '127.0.0.1',
  }),
  'namenode.rpc-port': port({
    about: 'Hadoop RPC: hdfs:// clients',
    for: BOTH,
    default: 8020,
  }),
  'namenode.http-port': port({
    about: 'REST, metrics, datanodes',
    for: BOTH,
    default: 9870,
  }),
  'namenode.extra-rpc-ports': list({
    about: 'further ports for RPC, to tell clients behind a mapping of ports from others',
    for: NAMENODE,
    default: [],
    pattern: /^\d{1,5}$/,
    example: '18020',
  }),
  'namenode.extra-http-ports': list({
    about: 'further ports for HTTP, to tell clients behind a mapping of ports from others',
    for: NAMENODE,
    default: [],
    pattern: /^\d{1,5}$/,
    example: '19870',
  }),
  'namenode.writer': choice(
    {
      about: 'where SQLite commits: inline is for debugging',
      for: NAMENODE,
      default: 'thread',
    },
    ['thread', 'inline'],
  ),
  ...ACCESS_SETTINGS,
  ...AUDIT_SETTINGS,
  ...MOVEMENT_SETTINGS,

  'block.size': size({
    about: 'block size of files whose client asks for none',
    for: NAMENODE,
    default: '128MiB',
    min: '512',
    max: '1TiB',
    hdfs: 'dfs.blocksize',
  }),
  'block.min-size': size({
    about: 'smallest block size a client may ask for; 0 allows any',
    for: NAMENODE,
    default: '1MiB',
    max: '1TiB',
    hdfs: 'dfs.namenode.fs-limits.min-block-size',
  }),
  'replication.target': integer({
    about: 'replicas of files whose client asks for no number',
    for: NAMENODE,
    default: 3,
    min: 1,
    max: 512,
    hdfs: 'dfs.replication',
  }),
  'replication.minimum': integer({
    about: 'replicas that must be stored before a file counts as written',
    for: NAMENODE,
    default: 1,
    min: 1,
    max: 512,
    hdfs: 'dfs.namenode.replication.min',
  }),
  'replication.maximum': integer({
    about: 'replicas a client may ask for',
    for: NAMENODE,
    default: 512,
    min: 1,
    max: 512,
    hdfs: 'dfs.replication.max',
  }),
  'block.maximum-per-file': integer({
    about: 'blocks of one file; a writer that wants more is refused',
    for: NAMENODE,
    default: 10_000,
    min: 1,
    max: 100_000_000,
    hdfs: 'dfs.namenode.fs-limits.max-blocks-per-file',
  }),
  'xattr.maximum': integer({
    about: 'extended attributes of one file or directory',
    for: NAMENODE,
    default: 32,
    min: 1,
    max: 1000,
    hdfs: 'dfs.namenode.fs-limits.max-xattrs-per-inode',
  }),
  'xattr.max-size': size({
    about: 'name and value of an extended attribute together',
    for: NAMENODE,
    default: '16KiB',
    min: '1',
    max: '32KiB',
    hdfs: 'dfs.namenode.fs-limits.max-xattr-size',
  }),
  'replication.check-interval': duration({
    about: 'longest pause between two looks at what needs copying',
    for: NAMENODE,
    default: '1s',
    min: '10ms',
    hdfs: 'dfs.namenode.redundancy.interval.seconds',
    hdfsUnit: 's',
  }),
  'replication.pending-timeout': duration({
    about: 'a commanded copy not reported within this time is offered again',
    for: NAMENODE,
    default: '2m',
    min: '100ms',
    hdfs: 'dfs.namenode.reconstruction.pending.timeout-sec',
    hdfsUnit: 's',
  }),
  'replication.streams-per-node': integer({
    about: 'repair copies that one datanode may send or receive at a time',
    for: NAMENODE,
    default: 4,
    min: 1,
    max: 1000,
    hdfs: 'dfs.namenode.replication.max-streams',
  }),
  'trash.interval': duration({
    about: 'how long deleted files stay in the trash; 0 switches it off',
    for: NAMENODE,
    default: '60m',
    hdfs: 'fs.trash.interval',
    hdfsUnit: 'm',
  }),
  'trash.checkpoint-interval': duration({
    about: 'pause between two checkpoints of the trash; 0 is trash.interval',
    for: NAMENODE,
    default: '0',
    hdfs: 'fs.trash.checkpoint.interval',
    hdfsUnit: 'm',
  }),
  ...NODE_SETTINGS,
  ...SAFEKEEPING_SETTINGS,
  'heartbeat.interval': duration({
    about: 'pause between two heartbeats of a datanode',
    for: NAMENODE,
    default: '1s',
    min: '10ms',
    hdfs: 'dfs.heartbeat.interval',
    hdfsUnit: 's',
  }),
  'liveness.stale-after': duration({
    about: 'silence after which a datanode gets no new replicas and is read last',
    for: NAMENODE,
    default: '15s',
    min: '20ms',
    hdfs: 'dfs.namenode.stale.datanode.interval',
    hdfsUnit: 'ms',
  }),
  'liveness.dead-after': duration({
    about: 'silence after which the replicas of a datanode are copied elsewhere',
    for: NAMENODE,
    default: '60s',
    min: '30ms',
  }),
  'report.full-interval': duration({
    about: 'pause between two full block reports of a datanode',
    for: NAMENODE,
    default: '1h',
    min: '100ms',
    hdfs: 'dfs.blockreport.intervalMsec',
    hdfsUnit: 'ms',
  }),
  'lease.soft-limit': duration({
    about: 'silence of a writer after which another may take over its file',
    for: NAMENODE,
    default: '60s',
    min: '100ms',
  }),
  'lease.hard-limit': duration({
    about: 'silence of a writer after which the namenode closes its file',
    for: NAMENODE,
    default: '20m',
    min: '200ms',
    hdfs: 'dfs.namenode.lease-hard-limit-sec',
    hdfsUnit: 's',
  }),
  'write.complete-wait': duration({
    about: 'how long closing a file waits for reports before the client must ask again',
    for: NAMENODE,
    default: '2s',
    max: '1m',
  }),
  'safe-mode.threshold': fraction({
    about: 'share of the blocks that must be confirmed before writes are accepted',
    for: NAMENODE,
    default: 0.999,
    hdfs: 'dfs.namenode.safemode.threshold-pct',
  }),

  'datanode.volumes': list({
    about: 'folders for blocks, one for each disk; [SSD]/path names the kind',
    for: DATANODE,
    default: ['dfs-data/datanode'],
    isPath: true,
    pattern: /^(\[(DISK|SSD|ARCHIVE|RAM_DISK)\])?[^[\]\0]+$/,
    example: '/disk1/dfs or [SSD]/disk2/dfs',
    hdfs: 'dfs.datanode.data.dir',
  }),
  'datanode.hostname': text({
    about: "name in listings, and for clients that connect by name; empty is the machine's",
    for: DATANODE,
    default: '',
    pattern: /^[a-zA-Z0-9.-]{0,253}$/,
    example: 'node1.example',
    hdfs: 'dfs.datanode.hostname',
  }),
  'datanode.addresses': list({
    about: 'IP addresses that clients can reach, first choice first; empty finds them out',
    for: DATANODE,
    default: [],
    pattern: /^[0-9a-fA-F.:]{2,64}$/,
    example: '10.0.0.5',
  }),
  'datanode.advertised-addresses': list({
    about: 'for clients behind a mapping of ports: see docs/networking.md',
    for: DATANODE,
    default: [],
    accepts: isAdvertisedAddress,
    example: 'localhost:19866 http:19864 ipc:19867 from:172.18.0.1 via:18020',
  }),
  'datanode.rack': text({
    about: 'network location; replicas are spread over racks',
    for: DATANODE,
    default: '/default-rack',
    pattern: /^(\/[^/\s]+)+$/,
    example: '/room-1/rack-7',
  }),
  'datanode.transfer-port': port({ about: 'block streaming', for: DATANODE, default: 9866 }),
  'datanode.http-port': port({ about: 'REST, metrics', for: DATANODE, default: 9864 }),
  'datanode.ipc-port': port({
    about: 'Hadoop RPC: readers of files being written',
    for: DATANODE,
    default: 9867,
  }),
  'datanode.reserved': sizeOrShare({
    about: 'space kept free on each volume',
    for: DATANODE,
    default: '5%',
    hdfs: 'dfs.datanode.du.reserved',
  }),
  'datanode.failed-volumes-tolerated': integer({
    about: 'volumes that may fail before the datanode stops; it always stops with the last',
    for: DATANODE,
    default: 255,
    max: 255,
    hdfs: 'dfs.datanode.failed.volumes.tolerated',
  }),
  'datanode.hung-after': duration({
    about: 'a volume whose disk does not answer a call for so long is taken out',
    for: DATANODE,
    default: '60s',
    min: '1s',
  }),
  'datanode.sync-on-close': flag({
    about: 'have blocks on disk, not just in memory, before a write is acknowledged',
    for: DATANODE,
    default: true,
    hdfs: 'dfs.datanode.synconclose',
  }),
  'datanode.cached-writes': choice(
    {
      about:
        'which replicas of a large write stay in the page cache, unless its client says: all, the one on the first node, none',
      for: DATANODE,
      default: 'first',
      hdfs: 'dfs.datanode.drop.cache.behind.writes',
      hdfsWords: { true: 'none', false: 'all' },
    },
    ['all', 'first', 'none'],
  ),
  'datanode.scrub-period': duration({
    about: 'every replica is verified once in this time',
    for: DATANODE,
    default: '7d',
    min: '100ms',
    hdfs: 'dfs.datanode.scan.period.hours',
    hdfsUnit: 'h',
  }),
  'datanode.scrub-rate': size({
    about: 'most bytes a second that verifying may read from each volume',
    for: DATANODE,
    default: '16MiB',
    min: '4KiB',
    hdfs: 'dfs.block.scanner.volume.bytes.per.second',
  }),
  'datanode.copy-rate': size({
    about: 'most bytes a second that repair copies may send',
    for: DATANODE,
    default: '256MiB',
    min: '4KiB',
    hdfs: 'dfs.datanode.data.transfer.bandwidthPerSec',
  }),
  'datanode.max-transfers': integer({
    about: 'block streams served at a time; more are refused',
    for: DATANODE,
    default: 4096,
    min: 1,
    max: 65_536,
    hdfs: 'dfs.datanode.max.transfer.threads',
  }),
} as const satisfies Record<string, Setting<unknown>>

export type SettingKey = keyof typeof SETTINGS

/** The value of every setting, by key. */
export type SettingValues = {
  readonly [Key in SettingKey]: (typeof SETTINGS)[Key]['defaultValue']
}

export const SETTING_KEYS = Object.keys(SETTINGS) as readonly SettingKey[]

/** `namenode.rpc-port` is `DFS_NAMENODE_RPC_PORT` in the environment. */
export const environmentName = (key: SettingKey): string =>
  `DFS_${key.replaceAll(/[.-]/g, '_').toUpperCase()}`
