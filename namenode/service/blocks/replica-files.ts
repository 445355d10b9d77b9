/** Opens what block management keeps on disk: the disposable replica map and the durable list of known datanodes. */
import { dirname, join } from 'node:path'
import type { Seams } from '../../../shared/seams.js'
import type { ShutdownStack } from '../../../shared/shutdown-stack.js'
import { ReplicaAttentionStore } from '../../storage/replica-attention-store.js'
import {
  isDamage,
  openReplicaDatabase,
  removeReplicaDatabase,
} from '../../storage/replica-database.js'
import { type KnownNode, KnownNodesFile } from '../../storage/replica-nodes.js'
import { ReplicaStore } from '../../storage/replica-store.js'

export interface ReplicaFiles {
  readonly store: ReplicaStore
  readonly attention: ReplicaAttentionStore
  readonly knownNodes: KnownNodesFile
  readonly known: readonly KnownNode[]
}

/**
 * @param options.path the replica map's file; the list of known datanodes lies beside it
 * @throws DfsError DATABASE_CORRUPT, WRONG_CLUSTER about the list of known datanodes
 */
export async function openReplicaFiles(
  options: { readonly path: string; readonly clusterId: string; readonly seams: Seams },
  closing: ShutdownStack,
): Promise<ReplicaFiles> {
  const { path, clusterId } = options
  const { disk, log } = options.seams
  const nodesPath = join(dirname(path), 'datanodes.json')
  const knownNodes = new KnownNodesFile({ path: nodesPath, clusterId, disk })
  const known = await knownNodes.read()
  const database = await openReplicaDatabase({ path, clusterId, disk, log })
  let isDamaged = false
  closing.use('replica map', database, async (it) => {
    it.close()
    if (isDamaged) await removeReplicaDatabase(path, disk)
  })
  const attention = new ReplicaAttentionStore(database)
  const store = new ReplicaStore(database, (error) => {
    if (!isDamage(error)) {
      attention.recount()
      return
    }
    // Not rebuilt under running feet: the next start begins with an empty map and asks the datanodes.
    isDamaged = true
    log.error({ error: String(error) }, 'the replica map is damaged; restart to rebuild it')
  })
  return { store, attention, knownNodes, known }
}
