/** Everything that a namenode answers on its RPC port, by protocol and method; the rest gets RpcNoSuchMethodException. */
import type { RpcProtocols } from '../../shared/hadoop/rpc-handler.js'
import { CLIENT_PROTOCOL_NAME } from '../../shared/hadoop/schema/client-protocol.js'
import { DFS_PROTOCOL_NAME } from '../../shared/hadoop/schema/dfs-protocol.js'
import type { NamenodeServices } from '../service/services.js'
import { absentChanges } from './absent-changes.js'
import { absentFeatures } from './absent-features.js'
import { accessLists } from './access-lists.js'
import { administration } from './administration.js'
import { clusterReports } from './cluster-reports.js'
import { deletions } from './deletions.js'
import { eventStream } from './event-stream.js'
import { extendedAttributes } from './extended-attributes.js'
import { fileWrites } from './file-writes.js'
import { withKnownCallers } from './known-callers.js'
import { listings } from './listings.js'
import { namespaceChanges } from './namespace-changes.js'
import { namespaceReads } from './namespace-reads.js'
import { sideProtocols } from './side-protocols.js'
import { snapshots } from './snapshots.js'
import { storagePolicies } from './storage-policies.js'

export function namenodeProtocols(services: NamenodeServices): RpcProtocols {
  const protocols = {
    [CLIENT_PROTOCOL_NAME]: {
      ...namespaceReads(services),
      ...listings(services),
      ...namespaceChanges(services),
      ...accessLists(services),
      ...extendedAttributes(services),
      ...fileWrites(services),
      ...snapshots(services),
      ...eventStream(services),
      ...storagePolicies(services),
      ...clusterReports(services),
      ...administration(services),
      ...absentFeatures(services),
      ...absentChanges(services),
    },
    [DFS_PROTOCOL_NAME]: deletions(services),
    ...sideProtocols(services),
  }
  return withKnownCallers(protocols, services)
}
