/** The settings of simulated clusters: those of production with shorter times and small blocks, so that a minute holds much. */
import { datanodeConfig } from '../../../datanode/config.js'
import { namenodeConfig } from '../../../namenode/config.js'
import { resolveSettings } from '../../../shared/config/resolve-settings.js'
import type { SettingKey } from '../../../shared/config/settings.js'
import { readAssignments } from '../../../shared/config/sources.js'

export const NAMENODE_HOST = '10.0.0.1'
export const SUPERUSER = 'admin'
export const BLOCK_BYTES = 8192
const TOKEN = 'a token for a simulation'
const RPC_PORT = 8020

export const datanodeHost = (index: number): string => `10.0.1.${index + 1}`
export const clientHost = (index: number): string => `10.0.2.${index + 1}`

const COMMON: Partial<Record<SettingKey, string>> = {
  'network.allow-unauthenticated': 'true',
  'namenode.host': NAMENODE_HOST,
  'namenode.writer': 'inline',
  'permission.superuser': SUPERUSER,
  'block.size': `${BLOCK_BYTES}`,
  'block.min-size': '512',
  'replication.minimum': '2',
  'trash.interval': '0',
  // Long enough to be undone by the one who deletes, short enough to be over within a run.
  'undo.keep': '4s',
  'heartbeat.interval': '2s',
  'liveness.stale-after': '5s',
  'liveness.dead-after': '15s',
  'replication.pending-timeout': '20s',
  'report.full-interval': '30s',
  'lease.soft-limit': '10s',
  'nodes.check-interval': '1s',
  'lease.hard-limit': '30s',
  'datanode.reserved': '0',
  'datanode.scrub-period': '1m',
}

function values(more: Partial<Record<SettingKey, string>>) {
  const written = Object.entries({ ...COMMON, ...more }).map(([key, value]) => `${key}=${value}`)
  return resolveSettings([readAssignments(written, '/')], '/').values
}

/** @param balanceThreshold 1: blocks are never moved for balance */
export function simulatedNamenodeConfig(dataFolder: string, balanceThreshold: number) {
  const own = values({
    'namenode.data-folder': dataFolder,
    'movement.balance-threshold': `${balanceThreshold}`,
    'network.bind-host': NAMENODE_HOST,
    'namenode.rpc-port': `${RPC_PORT}`,
  })
  return namenodeConfig(own, TOKEN, SUPERUSER)
}

/** @param volumes with their types, as in the setting */
export function simulatedDatanodeConfig(index: number, rack: string, volumes: string) {
  const own = values({
    'datanode.volumes': volumes,
    'network.bind-host': datanodeHost(index),
    'datanode.hostname': `datanode-${index}`,
    'datanode.rack': rack,
  })
  return datanodeConfig(own, TOKEN, {
    name: `datanode-${index}`,
    user: 'root',
    smallestVolumeBytes: 0,
  })
}

export const CLUSTER = `hdfs://${NAMENODE_HOST}:${RPC_PORT}`
