import { describe, expect, it } from 'vitest'
import { DfsError } from '../../../../shared/errors.js'
import { ScriptedCluster } from '../../cli/scripted-cluster.js'

const FS = 'hdfs://127.0.0.1:8020'

async function paths(entries: AsyncIterable<{ readonly path: string }>): Promise<string[]> {
  const found: string[] = []
  for await (const { path } of entries) found.push(path)
  return found
}

describe('listing', () => {
  it('crosses pages, names every entry once and keeps their order', async () => {
    const cluster = new ScriptedCluster().addDirectory('/d')
    for (let index = 10; index < 17; index += 1) cluster.addFile(`/d/f${index}`, '')
    const client = cluster.connect({ fs: FS })
    expect(await paths(client.list('/d'))).toEqual(
      Array.from({ length: 7 }, (_, index) => `/d/f${index + 10}`),
    )
    expect(cluster.calls.filter((call) => call === 'getListing')).toHaveLength(4)
  })

  it('goes on behind an entry that was deleted between two pages', async () => {
    const cluster = new ScriptedCluster().addDirectory('/d')
    for (const name of ['a', 'b', 'c', 'd']) cluster.addFile(`/d/${name}`, '')
    const found: string[] = []
    for await (const { name } of cluster.connect({ fs: FS }).list('/d')) {
      found.push(name)
      if (name === 'b') cluster.entries.delete('/d/b')
    }
    expect(found).toEqual(['a', 'b', 'c', 'd'])
  })

  it('refuses a server that repeats the same page for ever', async () => {
    const cluster = new ScriptedCluster().addDirectory('/d')
    for (const name of ['a', 'b', 'c', 'd']) cluster.addFile(`/d/${name}`, '')
    cluster.ignoresStartAfter = true
    await expect(paths(cluster.connect({ fs: FS }).list('/d'))).rejects.toThrow(
      'the listing of /d does not advance',
    )
  })

  it('asks for no further page than its reader wants', async () => {
    const cluster = new ScriptedCluster().addDirectory('/d')
    for (const name of ['a', 'b', 'c', 'd']) cluster.addFile(`/d/${name}`, '')
    for await (const { name } of cluster.connect({ fs: FS }).list('/d')) {
      if (name === 'a') break
    }
    expect(cluster.calls).toEqual(['getListing'])
  })

  it('lists a file as itself and says when nothing is there', async () => {
    const client = new ScriptedCluster().addFile('/f', 'x').connect({ fs: FS })
    expect(await paths(client.list('/f'))).toEqual(['/f'])
    await expect(paths(client.list('/nope'))).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  it('walks trees with names that need care', async () => {
    const cluster = new ScriptedCluster()
      .addDirectory('/d')
      .addDirectory('/d/a b')
      .addFile('/d/a b/ü%2F', '')
      .addFile('/d/z', '')
    expect(await paths(cluster.connect({ fs: FS }).listRecursive('/d'))).toEqual([
      '/d/a b',
      '/d/a b/ü%2F',
      '/d/z',
    ])
  })
})

describe('glob()', () => {
  const cluster = () =>
    new ScriptedCluster()
      .addDirectory('/logs')
      .addDirectory('/logs/2026')
      .addFile('/logs/2026/a.log', '')
      .addFile('/logs/2026/b.txt', '')
      .addDirectory('/logs/2027')
      .addFile('/logs/2027/a.log', '')
      .addFile('/logs/readme', '')
      .addFile('/logs/[x]', '')

  it.each([
    ['/logs/*/a.log', ['/logs/2026/a.log', '/logs/2027/a.log']],
    ['/logs/20{26,27}/*.{log,txt}', ['/logs/2026/a.log', '/logs/2026/b.txt', '/logs/2027/a.log']],
    ['/{logs/2026,logs/2027}/a*', ['/logs/2026/a.log', '/logs/2027/a.log']],
    ['/logs/202[67]', ['/logs/2026', '/logs/2027']],
    ['/logs/readme/*', []],
    ['/logs/*/nope', []],
    ['/nope/*', []],
    ['/logs/readme', ['/logs/readme']],
    ['/logs/\\[x\\]', ['/logs/[x]']],
    ['/', ['/']],
    ['/*', ['/logs']],
  ])('%s', async (pattern, expected) => {
    const found = await cluster().connect({ fs: FS }).glob(pattern)
    expect(found.map(({ path }) => path)).toEqual(expected)
  })

  it('passes on a denial instead of finding nothing', async () => {
    const denied = cluster()
    denied.failures.set('getListing', new DfsError('PERMISSION_DENIED', 'no'))
    await expect(denied.connect({ fs: FS }).glob('/logs/*')).rejects.toMatchObject({
      code: 'PERMISSION_DENIED',
    })
  })
})
