/** Opens the volumes of a node and finds its replicas. A volume that fails stays out; the others start. */
import { present } from '../../shared/assert.js'
import { DfsError, toDfsError } from '../../shared/errors.js'
import type { Seams } from '../../shared/seams.js'
import type { DatanodeConfig, VolumeConfig } from '../config.js'
import { BlockStore } from './block-store.js'
import type { LockFolder } from './folder-lock.js'
import type { Replica } from './replica.js'
import { openVolume, type Volume, type VolumeEvents } from './volume.js'
import { preferredReplica, scanVolume } from './volume-scan.js'

type StoreConfig = Pick<
  DatanodeConfig,
  'volumes' | 'reservedBytes' | 'failedVolumesTolerated' | 'syncOnClose' | 'cachedWrites'
>

/** A volume that could not be opened has no identity; only its path is known. */
export interface UnusableVolume {
  readonly config: VolumeConfig
  readonly reason: DfsError
}

export interface OpenedBlockStore {
  readonly store: BlockStore
  readonly datanodeUuid: string
  readonly unusable: readonly UnusableVolume[]
}

/**
 * @throws DfsError DATA_FOLDER_LOCKED or DATA_FOLDER_NEWER for any volume · CONFIGURATION when volumes belong to
 *   different nodes or clusters · VOLUME_FAILED when more volumes fail than are tolerated, or all
 */
export async function openBlockStore(
  config: StoreConfig,
  seams: Seams,
  events: VolumeEvents,
  lockFolder?: LockFolder,
): Promise<OpenedBlockStore> {
  const volumes: Volume[] = []
  const unusable: UnusableVolume[] = []
  try {
    await openVolumes(config, seams, { events, lockFolder }, volumes, unusable)
    checkIdentity(volumes)
    const found = await scanAll(volumes, seams)
    const [first] = volumes
    const tolerated = Math.min(config.failedVolumesTolerated, config.volumes.length - 1)
    if (unusable.length > tolerated || first === undefined) {
      const reasons = unusable.map((it) => `${it.config.path}: ${it.reason.message}`).join('; ')
      throw new DfsError('VOLUME_FAILED', `too few volumes can be used: ${reasons}`)
    }
    const store = new BlockStore(volumes, config, seams)
    for (const replica of found) await admit(store, replica)
    return { store, datanodeUuid: first.version.datanodeUuid, unusable }
  } catch (error) {
    for (const volume of volumes) volume.release()
    throw error
  }
}

/** Existing volumes say who this node is, so they are opened before new ones get the same identity. */
async function openVolumes(
  config: StoreConfig,
  seams: Seams,
  surroundings: {
    readonly events: VolumeEvents
    readonly lockFolder: LockFolder | undefined
  },
  volumes: Volume[],
  unusable: UnusableVolume[],
): Promise<void> {
  let datanodeUuid: string | undefined
  const newDatanodeUuid = () => {
    datanodeUuid ??= seams.random.uuid()
    return datanodeUuid
  }
  for (const volume of await existingFirst(config.volumes, seams)) {
    try {
      const { reservedBytes } = config
      const identity = { reservedBytes, newDatanodeUuid }
      const opened = await openVolume(volume, seams, { ...identity, ...surroundings })
      datanodeUuid ??= opened.version.datanodeUuid
      volumes.push(opened)
    } catch (error) {
      const reason = toDfsError(error)
      if (reason.code === 'DATA_FOLDER_LOCKED' || reason.code === 'DATA_FOLDER_NEWER') throw reason
      seams.log.error({ path: volume.path, err: reason }, 'volume cannot be used')
      unusable.push({ config: volume, reason })
    }
  }
}

async function existingFirst(
  volumes: readonly VolumeConfig[],
  seams: Seams,
): Promise<VolumeConfig[]> {
  const existing: VolumeConfig[] = []
  const fresh: VolumeConfig[] = []
  for (const volume of volumes) {
    // Decides the order alone; what is wrong with a volume is told when it is opened.
    const isThere = await seams.disk.stat(`${volume.path}/VERSION.json`).catch(() => undefined)
    if (isThere === undefined) fresh.push(volume)
    else existing.push(volume)
  }
  return [...existing, ...fresh]
}

function checkIdentity(volumes: readonly Volume[]): void {
  const uuids = new Set(volumes.map(({ version }) => version.datanodeUuid))
  const clusters = new Set(volumes.flatMap(({ version }) => version.clusterId ?? []))
  const storages = new Set(volumes.map(({ storageId }) => storageId))
  if (uuids.size > 1 || clusters.size > 1 || storages.size < volumes.length) {
    const folders = volumes.map(({ folder }) => folder).join(', ')
    throw new DfsError(
      'CONFIGURATION',
      `the volumes ${folders} belong to different datanodes or clusters, or are copies of each other`,
    )
  }
}

async function scanAll(volumes: Volume[], seams: Seams): Promise<Replica[]> {
  const results = await Promise.allSettled(volumes.map((volume) => scanVolume(volume, seams.log)))
  return results.flatMap((result, index) => {
    if (result.status === 'fulfilled') return result.value
    // A listing that failed is no evidence of absence: the volume is out until the next start.
    present(volumes[index], 'each volume was scanned').disk.fail(result.reason)
    return []
  })
}

/**
 * Two replicas of one block on two volumes: the better one is used, the other is set aside. The same file seen twice
 * (one disk mounted in two places) is left alone (HDFS-8486 deleted it).
 */
async function admit(store: BlockStore, replica: Replica): Promise<void> {
  const other = store.get(replica.id)
  if (other === undefined) {
    store.index.set(replica)
    return
  }
  const kept = preferredReplica(other, replica)
  const rest = kept === other ? replica : other
  store.index.set(kept)
  const [keptFile, restFile] = await Promise.all(
    [kept, rest].map((it) => it.volume.disk.stat(store.pathsOf(it).data)),
  )
  if (keptFile?.ino === restFile?.ino && keptFile?.dev === restFile?.dev) return
  const { data, meta, folder } = store.pathsOf(rest)
  for (const path of [meta, data]) {
    await rest.volume.quarantine(path, path.slice(folder.length + 1))
  }
}
