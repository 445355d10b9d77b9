/** A client that waits for a namenode which is being restarted, so that its calls are repeated under their old ids. */
import { DfsClient } from '../../shared/client/dfs-client.js'
import { DfsError } from '../../shared/errors.js'
import { silentLog } from '../../shared/log.js'
import type { Network } from '../../shared/network.js'
import { systemSeams } from '../../shared/system-seams.js'

const TRY_EVERY_MS = 100
const LIMIT_MS = 60_000

/** @param back resolves when the namenode takes calls again; asked before each attempt to reach it */
export function patientClient(fs: string, back: () => Promise<unknown>): DfsClient {
  const seams = systemSeams(silentLog)
  const namenodePort = Number(new URL(fs.replace('hdfs:', 'http:')).port)
  const connect: Network['connect'] = async (address, options) => {
    if (address.port !== namenodePort) return await seams.network.connect(address, options)
    const endsMs = performance.now() + LIMIT_MS
    for (;;) {
      // A process on its way out accepts for a moment what it will never answer.
      await new Promise((resolve) => setTimeout(resolve, TRY_EVERY_MS))
      await back()
      try {
        return await seams.network.connect(address, options)
      } catch (error) {
        const isRefused = error instanceof DfsError && error.code === 'CONNECTION_REFUSED'
        if (!isRefused || performance.now() > endsMs) throw error
      }
    }
  }
  return DfsClient.connect({ fs, seams: { ...seams, network: { ...seams.network, connect } } })
}
