/** Where the blocks of a file are, asked anew each time: a namenode that was killed in between does not matter. */
import { userInfo } from 'node:os'
import type { BlockView } from '../../embedded/start-cluster.js'
import { NamenodeClient } from '../../shared/client/namenode-client.js'
import { clusterAddress } from '../../shared/client/remote-path.js'
import { silentLog } from '../../shared/log.js'
import { systemSeams } from '../../shared/system-seams.js'

export async function readBlocks(fs: string, path: string): Promise<readonly BlockView[]> {
  const namenode = new NamenodeClient({
    seams: systemSeams(silentLog),
    address: clusterAddress(fs),
    user: userInfo().username,
    timeoutMs: 5_000,
  })
  try {
    const { locations } = await namenode.getBlockLocations({
      src: path,
      offset: 0,
      length: Number.MAX_SAFE_INTEGER,
    })
    if (locations === undefined) throw new Error(`no file ${path}`)
    return locations.blocks.map(({ b, locs }) => ({
      blockId: b.blockId,
      lengthBytes: b.numBytes ?? 0,
      datanodes: locs.map(({ id }) => id.datanodeUuid),
    }))
  } finally {
    namenode.close()
  }
}
