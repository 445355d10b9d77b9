/** Files made through the service that serves clients, in this process, without datanodes: how programs get a large namespace. */
import { userInfo } from 'node:os'
import type { ClusterFolder } from '../../cli/up/cluster-folder.js'
import type { Call } from '../../namenode/service/access/call.js'
import type { StoredNamespace } from '../../namenode/service/namespace/namespace-facade.js'
import { openNamespace } from '../../namenode/service/namespace/open-namespace.js'
import type { Block } from '../../shared/ids.js'
import { silentLog } from '../../shared/log.js'
import { systemSeams } from '../../shared/system-seams.js'

/** Of the one block that each file has. */
export const FILE_BYTES = 1000
const BLOCK_BYTES = 128 * 1024 * 1024
const CALLERS = 1000

const user = userInfo().username

export const ROOT: Call = {
  principal: { user, groups: [user], isSuperuser: true },
  requestId: undefined,
  clientAddress: '127.0.0.1',
  localAddress: '127.0.0.1',
}

/** The namespace of a cluster whose namenode does not run; made when there is none. */
export function openForLoading(place: ClusterFolder): Promise<StoredNamespace> {
  const config = {
    dataFolder: place.dataFolder('namenode'),
    ...{ bindHost: '127.0.0.1', superuser: user, supergroup: 'supergroup' },
    ...{ minBlockSizeBytes: 0, maxReplication: 512, maxXAttrs: 32, maxXAttrBytes: 16_384 },
    ...{
      keepDeletedMs: 0,
      editsRetained: 1_000_000,
      leaseSoftLimitMs: 60_000,
      leaseHardLimitMs: 1_200_000,
    },
  }
  return openNamespace({ config, seams: systemSeams(silentLog), writer: 'thread' })
}

/** Makes a file of three replicas with one block, and closes it as if its replicas had been written. */
export async function makeFile(namespace: StoredNamespace, path: string): Promise<Block> {
  const holder = 'loader'
  const { id } = await namespace.create(ROOT, {
    ...{ path, permission: 0o644, holder, create: true, overwrite: false, createParent: true },
    ...{ replication: 3, blockSizeBytes: BLOCK_BYTES },
  })
  const reference = { path, fileId: id, holder }
  const { block } = await namespace.allocateBlock(ROOT, { ...reference, previous: undefined })
  const last = { ...block, lengthBytes: FILE_BYTES }
  await namespace.completeFile(ROOT, { ...reference, last })
  return last
}

/** Calls `action` with 0 to `count` - 1, as many at a time as group commit is made for. */
export async function inParallel(
  count: number,
  action: (index: number) => Promise<void>,
): Promise<void> {
  let next = 0
  const caller = async () => {
    while (next < count) {
      next += 1
      await action(next - 1)
    }
  }
  await Promise.all(Array.from({ length: CALLERS }, caller))
}
