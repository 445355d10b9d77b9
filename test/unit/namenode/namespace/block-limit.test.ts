/** A writer that never ends a file must not fill the namespace with its blocks. */
import { expect, it } from 'vitest'
import { openFixture, ROOT, writeFile } from './namespace-fixture.js'

it('a file has no more blocks than the setting allows, in the words of HDFS', async () => {
  const fixture = await openFixture({ maxBlocksPerFile: 2 })
  const { namespace } = fixture
  try {
    await writeFile(namespace, '/fits', [1000, 10])
    await expect(writeFile(namespace, '/too-long', [1000, 1000, 10])).rejects.toThrow(
      'File has reached the limit on maximum number of blocks ' +
        '(dfs.namenode.fs-limits.max-blocks-per-file): 2 >= 2',
    )
    expect(namespace.status(ROOT, '/fits')?.lengthBytes).toBe(1010)
  } finally {
    await fixture.dispose()
  }
})
