/** Where the blocks of a file are, asked anew each time: a namenode that was killed in between does not matter. */
import { userInfo } from 'node:os'
import { type BlockView, findBlocks } from '../../embedded/find-blocks.js'
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
    return await findBlocks(namenode, path)
  } finally {
    namenode.close()
  }
}
