/** A namenode that is killed while it makes its data folder: the next start finds nothing in its way. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { ClusterFolder } from '../../cli/up/cluster-folder.js'
import { NAMENODE_POINTS } from '../../shared/crash-point.js'
import { ProcessNode } from '../support/process-cluster.js'
import { temporaryFolder } from '../support/temporary-folder.js'

it.each(NAMENODE_POINTS.filter((it) => it.startsWith('start.')))('at %s', async (at) => {
  const folder = new ClusterFolder(temporaryFolder())
  const dataFolder = folder.dataFolder('namenode')
  const namenode = new ProcessNode('namenode', 'namenode', folder, {
    'cluster.token-file': folder.tokenFile,
    'namenode.rpc-port': 0,
    'namenode.http-port': 0,
    'namenode.data-folder': dataFolder,
  })
  onTestFinished(() => namenode.kill())
  await expect(namenode.start({ DFS_CRASH_AT: at })).rejects.toThrow()
  expect(existsSync(join(dataFolder, 'VERSION'))).toBe(false)
  await namenode.start()
  expect(existsSync(join(dataFolder, 'VERSION'))).toBe(true)
})
