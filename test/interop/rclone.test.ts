/** rclone: its own tests of the HDFS backend and of copying and syncing, and its life as a program, against a cluster of ours. */
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { content } from '../support/content.js'
import { installedClient, runSuccessfully } from '../support/foreign-clients.js'
import { copyGoModule, go, runGoTests } from '../support/go-programs.js'
import { useInteropCluster } from '../support/interop-cluster.js'
import {
  BLOCK_BYTES,
  LARGE_FILE_BYTES,
  MANY_ENTRIES,
  ODD_NAMES,
  SIZES,
} from '../support/ordinary-life.js'
import { waitUntil } from '../support/wait-until.js'

const VERSION = 'v1.76.0'

/** rclone brings seventy services along; compiled are those that its tests here need (onedrive brings a checksum). */
const BACKENDS = ['alias', 'crypt', 'hdfs', 'local', 'memory', 'onedrive']
const COMMANDS = ['about', 'cat', 'check', 'copy', 'copyto', 'delete', 'lsf', 'lsjson', 'mkdir']
const MORE_COMMANDS = ['move', 'moveto', 'purge', 'rcat', 'rmdirs', 'size', 'sync', 'version']

function packageOf(name: string, imported: readonly string[]): string {
  const lines = imported.map((path) => `\t_ "github.com/rclone/rclone/${path}"\n`)
  return `// Package all is the part of rclone's list of ${name} that these tests need\npackage all\n\nimport (\n${lines.join('')})\n`
}

/** `source/`: the module, unchanged; `rclone`; `hdfs.test`, `operations.test` and `sync.test`: its tests. */
function rcloneFolder(): Promise<string> {
  return installedClient(`rclone-${VERSION}`, async (folder) => {
    const source = join(folder, 'source')
    await copyGoModule('github.com/rclone/rclone', VERSION, source)
    const commands = ['cmd', ...[...COMMANDS, ...MORE_COMMANDS].map((name) => `cmd/${name}`)]
    const backends = BACKENDS.map((name) => `backend/${name}`)
    const replaced: Record<string, string> = {}
    for (const [name, imported] of [
      ['backend', backends],
      ['cmd', commands],
    ] as const) {
      const path = join(folder, `all-${name}.go`)
      writeFileSync(path, packageOf(name, imported))
      replaced[join(source, name, 'all', 'all.go')] = path
    }
    const overlay = join(folder, 'overlay.json')
    writeFileSync(overlay, JSON.stringify({ Replace: replaced }))
    await go(['build', '-overlay', overlay, '-o', join(folder, 'rclone'), '.'], source)
    for (const path of ['backend/hdfs', 'fs/operations', 'fs/sync']) {
      const program = join(folder, `${path.split('/')[1]}.test`)
      await go(['test', '-c', '-overlay', overlay, '-o', program, `./${path}`], source)
    }
  })
}

const interop = useInteropCluster()

/** Not TestHdfs: for a remote of that name its tests would start a container. */
const environment = () => ({
  RCLONE_CONFIG: join(interop().workFolder, 'rclone.conf'),
  RCLONE_CONFIG_OURS_TYPE: 'hdfs',
  RCLONE_CONFIG_OURS_NAMENODE: interop().cluster.fs.replace('hdfs://', ''),
  RCLONE_CONFIG_OURS_USERNAME: interop().cluster.client().user,
})

async function rclone(...args: string[]): Promise<string> {
  return runSuccessfully(join(await rcloneFolder(), 'rclone'), args, { environment: environment() })
}

const lines = (text: string) => text.split('\n').filter((line) => line !== '')

/** A new local folder with these files. */
function localFolder(name: string, files: Readonly<Record<string, Uint8Array>>): string {
  const folder = join(interop().workFolder, name)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder)
  for (const [path, bytes] of Object.entries(files)) writeFileSync(join(folder, path), bytes)
  return folder
}

describe("rclone's own tests", () => {
  it.each([
    ['of the HDFS backend', 'backend/hdfs', 79, 33],
    ['of operations', 'fs/operations', 192, 61],
    ['of sync', 'fs/sync', 135, 19],
  ])('%s pass, as with Apache HDFS', async (_what, path, passed, skipped) => {
    const folder = await rcloneFolder()
    const program = join(folder, `${path.split('/')[1]}.test`)
    const tally = await runGoTests(program, ['-remote', 'Ours:'], {
      cwd: join(folder, 'source', path),
      environment: environment(),
    })
    expect(tally.failed, tally.output.slice(-20_000)).toEqual([])
    expect([tally.passed, tally.skipped.length]).toEqual([passed, skipped])
  })
})

describe('rclone', () => {
  it('copies sizes around every boundary there and back', async () => {
    const files = Object.fromEntries(SIZES.map((size) => [`${size}`, content(size, size)]))
    const up = localFolder('sizes', files)
    await rclone('copy', up, 'Ours:/sizes')
    await rclone('check', '--download', up, 'Ours:/sizes')
    const down = localFolder('sizes-down', {})
    await rclone('copy', 'Ours:/sizes', down)
    expect(readdirSync(down)).toHaveLength(SIZES.length)
    for (const size of SIZES) {
      expect(readFileSync(join(down, `${size}`)).equals(content(size, size))).toBe(true)
    }
  })

  it('syncs odd names, changes and deletions, and keeps times', async () => {
    const files = Object.fromEntries(ODD_NAMES.map((name) => [name, Buffer.from(name)]))
    const local = localFolder('names', files)
    // Without it, rclone takes composed and decomposed names for the same file.
    await rclone('sync', '--no-unicode-normalization', local, 'Ours:/names')
    expect(lines(await rclone('lsf', 'Ours:/names')).sort()).toEqual([...ODD_NAMES].sort())
    const [first = '', second = ''] = ODD_NAMES
    writeFileSync(join(local, first), 'changed')
    rmSync(join(local, second))
    await rclone('sync', '--no-unicode-normalization', local, 'Ours:/names')
    expect(lines(await rclone('lsf', 'Ours:/names')).sort()).toEqual(
      ODD_NAMES.filter((name) => name !== second).sort(),
    )
    expect(await rclone('cat', `Ours:/names/${first}`)).toBe('changed')
    const status = await interop().cluster.client().stat(`/names/${first}`)
    const localMs = statSync(join(local, first)).mtimeMs
    expect(Math.abs(status.modificationTimeMs - localMs)).toBeLessThan(1000)
  })

  it('moves, reads from standard input, counts and removes', async () => {
    const local = localFolder('moved', { a: content(1, 1000), b: content(2, 2000) })
    await rclone('move', local, 'Ours:/life/in')
    expect(readdirSync(local)).toEqual([])
    await rclone('moveto', 'Ours:/life/in', 'Ours:/life/out')
    expect(JSON.parse(await rclone('size', '--json', 'Ours:/life'))).toMatchObject({
      count: 2,
      bytes: 3000,
    })
    await rclone('delete', 'Ours:/life/out')
    await rclone('rmdirs', 'Ours:/life')
    expect(lines(await rclone('lsf', 'Ours:/'))).not.toContain('life/')
    const about: Record<string, number> = JSON.parse(await rclone('about', '--json', 'Ours:'))
    expect(about['total']).toBeGreaterThan(about['used'] ?? Number.POSITIVE_INFINITY)
    expect(about['free']).toBeGreaterThan(0)
  })

  it('lists a directory of thousands', async () => {
    const files = interop().cluster.client()
    const names = Array.from({ length: MANY_ENTRIES }, (_, index) => `entry-${index}`)
    for (let start = 0; start < names.length; start += 100) {
      const some = names.slice(start, start + 100)
      await Promise.all(some.map((name) => files.mkdir(`/many/${name}`)))
    }
    const listed = lines(await rclone('lsf', 'Ours:/many'))
    expect(listed.sort()).toEqual(names.map((name) => `${name}/`).sort())
    await rclone('purge', 'Ours:/many')
    expect(await files.exists('/many')).toBe(false)
  })

  it('copies there and back while a datanode is killed', async () => {
    const { cluster } = interop()
    const up = localFolder('large', { file: content(7, LARGE_FILE_BYTES) })
    // Its library gives up a write when a datanode is lost; rclone begins again, until the dead one is no longer offered.
    const patience = ['--retries', '30', '--retries-sleep', '1s', '--low-level-retries', '1']
    const copying = rclone('copy', ...patience, up, 'Ours:/large')
    const block = await waitUntil(async () => (await cluster.blocks('/large/file'))[5], {
      what: 'some blocks',
    })
    const victim = cluster.datanodes.find(({ uuid }) => block.datanodes.includes(uuid))!
    await victim.kill()
    await copying
    await victim.start()
    await cluster.ready()

    const down = localFolder('large-down', {})
    const reading = rclone('copy', 'Ours:/large', down)
    const isUnderWay = () => readdirSync(down).some((name) => sizeOf(name) > 10 * BLOCK_BYTES)
    const sizeOf = (name: string) => statSync(join(down, name)).size
    await waitUntil(isUnderWay, { what: 'a part of the file' })
    const [first] = await cluster.blocks('/large/file')
    await cluster.datanodes.find(({ uuid }) => first?.datanodes.includes(uuid))!.kill()
    await reading
    expect(readFileSync(join(down, 'file')).equals(content(7, LARGE_FILE_BYTES))).toBe(true)
  })
})
