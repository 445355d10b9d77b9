import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parallelUpload } from '../../../cli/examples/parallel-upload.js'
import { storeAndRead } from '../../../cli/examples/store-and-read.js'
import { DfsError } from '../../../shared/errors.js'
import { temporaryFolder } from '../../support/temporary-folder.js'
import { ScriptedCluster } from './scripted-cluster.js'

const connect = (cluster: ScriptedCluster) => cluster.connect({ fs: 'hdfs://127.0.0.1:8020' })

describe('examples', () => {
  it('store and read', async () => {
    expect(await storeAndRead(connect(new ScriptedCluster()), '/examples')).toEqual([
      'Hello, file system!\n',
      'file',
      'greeting.txt 20',
    ])
  })

  it('upload in parallel and tell what failed', async () => {
    const folder = temporaryFolder()
    mkdirSync(join(folder, 'sub'))
    writeFileSync(join(folder, 'a'), '12345')
    writeFileSync(join(folder, 'sub/b'), '678')
    const cluster = new ScriptedCluster()
    expect(await parallelUpload(connect(cluster), folder, '/up')).toEqual({
      uploadedBytes: 8,
      failures: [],
    })
    expect(cluster.contentOf('/up/sub/b')).toBe('678')
    cluster.failures.set('write', new DfsError('NO_DATANODES', 'no datanode'))
    expect((await parallelUpload(connect(cluster), folder, '/up')).failures.toSorted()).toEqual([
      'a: no datanode',
      'sub/b: no datanode',
    ])
  })
})
