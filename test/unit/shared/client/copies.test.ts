import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { DfsError } from '../../../../shared/errors.js'
import { temporaryFolder } from '../../../support/temporary-folder.js'
import { ScriptedCluster } from '../../cli/scripted-cluster.js'

let cluster: ScriptedCluster
let folder: string
const client = () => cluster.connect({ fs: 'hdfs://127.0.0.1:8020' })
const paths = () => [...cluster.entries.keys()].toSorted()

beforeEach(() => {
  folder = temporaryFolder()
  cluster = new ScriptedCluster().addDirectory('/d')
})

describe('writeFile()', () => {
  it('takes texts, bytes and streams', async () => {
    async function* pieces() {
      yield 'a'
      yield Buffer.from('b')
    }
    await client().writeFile('/d/1', 'text')
    await client().writeFile('/d/2', Buffer.from('bytes'))
    await client().writeFile('/d/3', pieces())
    expect(['1', '2', '3'].map((name) => cluster.contentOf(`/d/${name}`))).toEqual([
      'text',
      'bytes',
      'ab',
    ])
  })

  it('keeps an existing file, and leaves no temporary one, unless told to overwrite', async () => {
    cluster.addFile('/d/f', 'old')
    await expect(client().writeFile('/d/f', 'new')).rejects.toMatchObject({
      code: 'ALREADY_EXISTS',
    })
    expect(paths()).toEqual(['/', '/d', '/d/f'])
    expect(cluster.contentOf('/d/f')).toBe('old')
    await client().writeFile('/d/f', 'new', { overwrite: true })
    expect(cluster.contentOf('/d/f')).toBe('new')
  })

  it('removes the temporary file when its source fails', async () => {
    async function* broken() {
      yield 'a'
      throw new Error('the source broke')
    }
    await expect(client().writeFile('/d/f', broken())).rejects.toThrow('the source broke')
    expect(paths()).toEqual(['/', '/d'])
  })

  it('does not delete what another writer has taken over', async () => {
    cluster.failures.set('write', new DfsError('LEASE_EXPIRED', 'Client is not the lease owner'))
    await expect(client().writeFile('/d/f', 'x')).rejects.toMatchObject({ code: 'LEASE_EXPIRED' })
    expect(cluster.calls).not.toContain('delete')
  })

  it('tells both failures when the clean-up fails as well', async () => {
    cluster.failures.set('write', new DfsError('NO_DATANODES', 'no datanode'))
    cluster.failures.set('delete', new DfsError('CONNECTION_REFUSED', 'namenode gone'))
    await expect(client().writeFile('/d/f', 'x')).rejects.toMatchObject({
      code: 'NO_DATANODES',
      message: 'no datanode (and /d/f._COPYING_ could not be removed: namenode gone)',
    })
  })
})

describe('upload() and download()', () => {
  it('copies a tree with more files than may move at a time', async () => {
    for (let index = 0; index < 12; index += 1) {
      mkdirSync(join(folder, `sub${index % 3}`), { recursive: true })
      writeFileSync(join(folder, `sub${index % 3}`, `f${index}`), `content ${index}`)
    }
    await client().upload(folder, '/d/tree', { concurrency: 3 })
    const target = join(temporaryFolder(), 'back')
    await client().download('/d/tree', target, { concurrency: 3 })
    for (let index = 0; index < 12; index += 1) {
      const path = join(target, `sub${index % 3}`, `f${index}`)
      expect(readFileSync(path, 'utf8')).toBe(`content ${index}`)
    }
  })

  it('follows links to files and leaves out links to folders, which may lead in circles', async () => {
    writeFileSync(join(folder, 'real'), 'real content')
    symlinkSync(join(folder, 'real'), join(folder, 'link'))
    symlinkSync(folder, join(folder, 'circle'))
    await client().upload(folder, '/d/t')
    expect(paths()).toEqual(['/', '/d', '/d/t', '/d/t/link', '/d/t/real'])
    expect(cluster.contentOf('/d/t/link')).toBe('real content')
  })

  it('reports a link that leads nowhere and copies the rest', async () => {
    symlinkSync(join(folder, 'nowhere'), join(folder, 'broken'))
    writeFileSync(join(folder, 'real'), 'real content')
    const failed: string[] = []
    await client().upload(folder, '/d/t', {
      onError: (_error, { relativePath }) => {
        failed.push(relativePath)
      },
    })
    expect(failed).toEqual(['broken'])
    expect(paths()).toEqual(['/', '/d', '/d/t', '/d/t/real'])
  })

  it('ends at the first failure unless somebody listens to failures', async () => {
    writeFileSync(join(folder, 'a'), '')
    writeFileSync(join(folder, 'b'), '')
    cluster.failures.set('create', new DfsError('SAFE_MODE', 'safe mode'))
    await expect(client().upload(folder, '/d/t')).rejects.toMatchObject({ code: 'SAFE_MODE' })
    const failed: string[] = []
    await client().upload(folder, '/d/t', {
      onError: (_error, { relativePath }) => {
        failed.push(relativePath)
      },
    })
    expect(failed.toSorted()).toEqual(['a', 'b'])
  })

  it('leaves out what lies below a directory that could not be made', async () => {
    mkdirSync(join(folder, 'sub'))
    writeFileSync(join(folder, 'sub/f'), '')
    writeFileSync(join(folder, 'top'), '')
    cluster.addDirectory('/d/t').addFile('/d/t/sub', 'a file in the way')
    const failed: string[] = []
    await client().upload(folder, '/d/t', {
      onError: (_error, { relativePath }) => {
        failed.push(relativePath)
      },
    })
    expect(failed).toEqual(['sub'])
    expect(cluster.contentOf('/d/t/top')).toBe('')
  })

  it('stops when its signal aborts, leaving no half-file', async () => {
    writeFileSync(join(folder, 'a'), 'x')
    const stop = new AbortController()
    cluster.beforeWrite = async () => stop.abort(new DfsError('INTERRUPTED', 'stop'))
    const upload = client().upload(folder, '/d/t', { signal: stop.signal })
    await expect(upload).rejects.toMatchObject({ code: 'INTERRUPTED' })
    expect(paths()).toEqual(['/', '/d', '/d/t'])
  })

  it('keeps an existing local file when a download fails', async () => {
    cluster.addFile('/d/f', 'content')
    writeFileSync(join(folder, 'f'), 'old')
    cluster.failures.set('read', new DfsError('BLOCK_MISSING', 'no block'))
    const path = join(folder, 'f')
    await expect(client().download('/d/f', path, { overwrite: true })).rejects.toMatchObject({
      code: 'BLOCK_MISSING',
    })
    expect(readFileSync(path, 'utf8')).toBe('old')
    expect(readdirSync(folder)).toEqual(['f'])
  })

  it('copies between two clusters', async () => {
    cluster.addFile('/d/f', 'over there')
    const other = new ScriptedCluster()
    const target = other.connect({ fs: 'hdfs://other:8020' })
    await client().copy('/d', '/copy', { target })
    expect(other.contentOf('/copy/f')).toBe('over there')
  })
})
