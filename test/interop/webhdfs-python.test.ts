/** Clients of WebHDFS in Python: fsspec's, and `hdfs` (hdfscli) with its own tests. */
import { copyFileSync, cpSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { installedClient, run, runSuccessfully } from '../support/foreign-clients.js'
import { useInteropCluster } from '../support/interop-cluster.js'
import { ORDINARY_CHECKS, pythonPackages, tellPythonLife } from '../support/python-life.js'

const HDFS_VERSION = '2.7.3'
const STAND_INS = join(import.meta.dirname, 'python', 'hdfscli')

/** What its tests need beside it decides how many of them run. */
const packages = () =>
  pythonPackages(`webhdfs-clients-hdfs-${HDFS_VERSION}-fsspec-2026.9.0`, [
    `hdfs==${HDFS_VERSION}`,
    'fsspec==2026.9.0',
    'requests==2.34.2',
    'fastavro==1.12.2',
    'pandas==2.3.3',
    'pytest==8.4.2',
  ])

/** The source package: it has the tests, without what they are built on and without their data. */
function hdfscliSource(): Promise<string> {
  return installedClient(`hdfscli-${HDFS_VERSION}-source`, async (folder) => {
    const args = ['-m', 'pip', 'download', '--quiet', '--no-deps', '--no-binary', ':all:']
    await runSuccessfully('python3', [...args, '--dest', folder, `hdfs==${HDFS_VERSION}`])
    const archive = readdirSync(folder).find((name) => name.endsWith('.tar.gz')) ?? ''
    await runSuccessfully('tar', ['xzf', archive, '--strip-components=1'], { cwd: folder })
  })
}

const interop = useInteropCluster()

describe('WebHDFS of fsspec', () => {
  tellPythonLife(interop, {
    script: 'webhdfs_fsspec_life.py',
    root: '/fsspec',
    packages,
    // It cannot append: see the script.
    checks: ORDINARY_CHECKS.filter((name) => name !== 'appends_at_every_boundary'),
  })
})

describe('the Python client hdfs', () => {
  tellPythonLife(interop, {
    script: 'webhdfs_hdfs_life.py',
    root: '/hdfscli',
    packages,
    checks: ORDINARY_CHECKS,
  })

  it('passes its own tests, as with Apache HDFS', async () => {
    const path = await packages()
    const folder = join(interop().workFolder, 'hdfscli')
    cpSync(await hdfscliSource(), folder, { recursive: true })
    const environment = {
      PYTHONPATH: path,
      PYTHONDONTWRITEBYTECODE: '1',
      HDFSCLI_TEST_URL: interop().cluster.httpUrl,
    }
    const tests = join(folder, 'test')
    await runSuccessfully('python3', [join(STAND_INS, 'make_fixtures.py'), tests], { environment })
    copyFileSync(join(STAND_INS, 'integration_test.py'), join(tests, 'util.py'))
    const { stdout } = await run(
      'python3',
      ['-m', 'pytest', '-q', '-rf', '-p', 'no:cacheprovider', 'test'],
      { cwd: folder, environment },
    )
    expect(stdout.trim().split('\n').at(-1), stdout.slice(-10_000)).toMatch(
      /^244 passed, 4 skipped/,
    )
  })
})
