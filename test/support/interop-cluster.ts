/** A cluster for foreign clients: real processes, four datanodes, free ports, small blocks. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import type { ClusterOptions } from '../../embedded/start-cluster.js'
import { ProcessCluster } from './process-cluster.js'

/** What foreign suites expect of a server (block sizes of a kilobyte, deletions at once); everything else as it comes. */
const FOREIGN: NonNullable<ClusterOptions['settings']> = {
  'block.size': '1MiB',
  'block.min-size': '0',
  'trash.interval': '0',
  'datanode.reserved': '16MiB',
}

export interface InteropCluster {
  readonly cluster: ProcessCluster
  /** HADOOP_CONF_DIR: a core-site.xml with the cluster's address. */
  readonly configurationFolder: string
  /** Empty at first; for what the test reads and writes locally. */
  readonly workFolder: string
}

/** Starts the cluster before the tests of this file and stops it after them; call at the top of `describe`. */
export function useInteropCluster(settings: ClusterOptions['settings'] = {}): () => InteropCluster {
  let running: InteropCluster | undefined
  let folder = ''

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'dfs-interop-'))
    const cluster = await ProcessCluster.start({
      datanodes: 4,
      settings: { ...FOREIGN, ...settings },
    })
    writeFileSync(
      join(folder, 'core-site.xml'),
      `<configuration><property><name>fs.defaultFS</name><value>${cluster.fs}</value></property></configuration>\n`,
    )
    running = { cluster, configurationFolder: folder, workFolder: folder }
  })

  afterAll(async () => {
    await running?.cluster.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  return () => {
    if (running === undefined) throw new Error('the cluster is started before the first test')
    return running
  }
}
