/** Where the blocks of a file are, asked anew each time: a namenode that was killed in between does not matter. */
import { userInfo } from 'node:os'
import { type BlockView, findBlocks } from '../../embedded/find-blocks.js'
import { NamenodeClient } from '../../shared/client/namenode-client.js'
import { clusterAddress } from '../../shared/client/remote-path.js'
import { silentLog } from '../../shared/log.js'
import { systemSeams } from '../../shared/system-seams.js'

export function readBlocks(fs: string, path: string): Promise<readonly BlockView[]> {
  return asking(fs, (namenode) => findBlocks(namenode, path))
}

/** UUIDs of the datanodes of a file's last block, also of one that is being written; none of a file without blocks. */
export function lastBlockHolders(fs: string, path: string): Promise<readonly string[]> {
  return asking(fs, async (namenode) => {
    const request = { src: path, offset: 0, length: 1 }
    const { locations } = await namenode.getBlockLocations(request)
    return locations?.lastBlock?.locs.map(({ id }) => id.datanodeUuid) ?? []
  })
}

async function asking<T>(fs: string, ask: (namenode: NamenodeClient) => Promise<T>): Promise<T> {
  const namenode = new NamenodeClient({
    seams: systemSeams(silentLog),
    address: clusterAddress(fs),
    user: userInfo().username,
    timeoutMs: 5_000,
  })
  try {
    return await ask(namenode)
  } finally {
    namenode.close()
  }
}
