/** A scripted cluster of its own for every test of a file. */
import { afterEach, beforeEach } from 'vitest'
import { ScriptedCluster } from './scripted-cluster.js'

/** @param begin keeps the cluster, and makes what every test needs */
export function scriptedClusterForEach(
  begin: (cluster: ScriptedCluster) => unknown,
  options: Parameters<typeof ScriptedCluster.start>[0] = {},
): void {
  let cluster: ScriptedCluster
  beforeEach(async () => {
    cluster = await ScriptedCluster.start(options)
    await begin(cluster)
  })
  afterEach(() => cluster.close())
}
