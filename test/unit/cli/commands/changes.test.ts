import { beforeEach, describe, expect, it } from 'vitest'
import { COMMANDS } from '../../../../cli/command-table.js'
import { DfsError } from '../../../../shared/errors.js'
import { runCommand } from '../run-command.js'
import { ScriptedCluster } from '../scripted-cluster.js'

let cluster: ScriptedCluster
const dfs = (...words: string[]) => runCommand(cluster, words)
const refused = async (text: string, ...words: string[]) => {
  const { code, stderr } = await dfs(...words)
  expect({ code, stderr }).toEqual({ code: 1, stderr: `${text}\n` })
}
const paths = () => [...cluster.entries.keys()].toSorted()

beforeEach(() => {
  cluster = new ScriptedCluster()
    .addDirectory('/a')
    .addFile('/a/f', 'file f')
    .addDirectory('/a/empty')
    .addDirectory('/b')
    .addFile('/b/g', 'file g')
})

describe('dfs mkdir', () => {
  it('makes directories, with parents only when asked', async () => {
    expect(await dfs('mkdir', '/c')).toEqual({ code: 0, stdout: '', stderr: '' })
    expect(cluster.entries.get('/c')).toMatchObject({ kind: 'directory', permission: 0o755 })
    await refused(
      "mkdir: `hdfs://127.0.0.1:8020/x/y': No such file or directory",
      'mkdir',
      '/x/y/z',
    )
    expect(await dfs('mkdir', '-p', '/x/y/z')).toMatchObject({ code: 0 })
    expect(paths()).toContain('/x/y/z')
  })

  it('refuses what exists, unless -p', async () => {
    await refused("mkdir: `/a': File exists", 'mkdir', '/a')
    expect(await dfs('mkdir', '-p', '/a')).toMatchObject({ code: 0 })
    await refused("mkdir: `/a/f': Is not a directory", 'mkdir', '-p', '/a/f')
  })

  it('prints what the server says about a file on the way', async () => {
    await refused('mkdir: /a/f (is not a directory)', 'mkdir', '-p', '/a/f/g')
  })

  it('prints the first line of a safe mode message', async () => {
    const text = 'Cannot create directory /sm. Name node is in safe mode.'
    cluster.failures.set('mkdirs', new DfsError('SAFE_MODE', `${text}\nIt was turned on manually.`))
    await refused(`mkdir: ${text}`, 'mkdir', '/sm')
  })
})

describe('dfs rm and rmdir', () => {
  it('deletes and says so', async () => {
    expect(await dfs('rm', '/a/f')).toEqual({ code: 0, stdout: 'Deleted /a/f\n', stderr: '' })
    expect(await dfs('rm', '-r', '/a')).toMatchObject({ code: 0, stdout: 'Deleted /a\n' })
    expect(paths()).toEqual(['/', '/b', '/b/g'])
  })

  it('refuses directories without -r and what is not there without -f', async () => {
    await refused("rm: `/a': Is a directory", 'rm', '/a')
    await refused("rm: `/nope': No such file or directory", 'rm', '/nope')
    expect(await dfs('rm', '-f', '/nope', '/nope*')).toEqual({ code: 0, stdout: '', stderr: '' })
    expect(await dfs('rm', '-rf', '/a', '/nope')).toMatchObject({ code: 0, stdout: 'Deleted /a\n' })
  })

  it('never deletes the root', async () => {
    await refused("rm: `/': Input/output error", 'rm', '-r', '-skipTrash', '/')
  })

  it('moves into the trash when the cluster keeps one', async () => {
    cluster.trashIntervalMinutes = 60
    expect(await dfs('rm', '/a/f')).toEqual({
      code: 0,
      stdout:
        "Moved: 'hdfs://127.0.0.1:8020/a/f' to trash at: hdfs://127.0.0.1:8020/user/alice/.Trash/Current/a/f\n",
      stderr: '',
    })
    expect(cluster.contentOf('/user/alice/.Trash/Current/a/f')).toBe('file f')
    expect(cluster.entries.get('/user/alice/.Trash/Current/a')?.permission).toBe(0o700)
  })

  it.each(['-skipTrash', '--skip-trash'])('%s deletes for good', async (flag) => {
    cluster.trashIntervalMinutes = 60
    expect(await dfs('rm', flag, '/a/f')).toMatchObject({ code: 0, stdout: 'Deleted /a/f\n' })
    expect(paths()).not.toContain('/user/alice/.Trash')
  })

  it('refuses to move what contains the trash, and points to -skipTrash', async () => {
    cluster.trashIntervalMinutes = 60
    await refused(
      'rm: Cannot move "/" to the trash, as it contains the trash. Consider using -skipTrash option',
      'rm',
      '-r',
      '/',
    )
  })

  it('rmdir takes empty directories only', async () => {
    await refused("rmdir: `/a': Directory is not empty", 'rmdir', '/a')
    await refused("rmdir: `/a/f': Is not a directory", 'rmdir', '/a/f')
    expect(await dfs('rmdir', '--ignore-fail-on-non-empty', '/a')).toMatchObject({ code: 0 })
    expect(await dfs('rmdir', '/a/empty')).toEqual({ code: 0, stdout: '', stderr: '' })
    expect(paths()).not.toContain('/a/empty')
  })
})

describe('dfs mv', () => {
  it('renames, and moves into directories', async () => {
    expect(await dfs('mv', '/a/f', '/a/h')).toEqual({ code: 0, stdout: '', stderr: '' })
    expect(await dfs('mv', '/a/h', '/b')).toMatchObject({ code: 0 })
    expect(cluster.contentOf('/b/h')).toBe('file f')
    expect(await dfs('mv', '/b/*', '/a/empty')).toMatchObject({ code: 0 })
    expect(paths()).toEqual(['/', '/a', '/a/empty', '/a/empty/g', '/a/empty/h', '/b'])
  })

  it('refuses existing targets, missing parents, and directories into themselves', async () => {
    await refused("mv: `/b/g': File exists", 'mv', '/a/f', '/b/g')
    await refused(
      "mv: `/x/y': No such file or directory: `hdfs://127.0.0.1:8020/x/y'",
      'mv',
      '/a/f',
      '/x/y',
    )
    await refused("mv: `/a' to `/a/empty/a': is a subdirectory of itself", 'mv', '/a', '/a/empty')
    await refused("mv: `/nope': No such file or directory", 'mv', '/nope', '/b')
    await refused("mv: `/a/f': Is not a directory", 'mv', '/a/empty', '/b/g', '/a/f')
    await refused("mv: `/zz': No such file or directory", 'mv', '/a/f', '/b/g', '/zz')
  })

  it('refuses to move between clusters', async () => {
    await refused(
      "mv: `/a/f': Does not match target filesystem",
      'mv',
      '/a/f',
      'hdfs://other:8020/a/g',
    )
  })

  it('wants two arguments', async () => {
    expect(await dfs('mv', '/a')).toEqual({
      code: 255,
      stdout: '',
      stderr:
        'mv: Not enough arguments: expected 2 but got 1\nUsage: dfs mv [options] <source...> <destination>\n',
    })
  })
})

describe('dfs chmod, chown, chgrp', () => {
  it('changes modes, also such that look like options, and below directories with -R', async () => {
    expect(await dfs('chmod', '600', '/a/f')).toEqual({ code: 0, stdout: '', stderr: '' })
    expect(cluster.entries.get('/a/f')?.permission).toBe(0o600)
    expect(await dfs('chmod', '-w', '/a/f')).toMatchObject({ code: 0 })
    expect(cluster.entries.get('/a/f')?.permission).toBe(0o400)
    expect(await dfs('chmod', '-R', 'a+rX', '/a')).toMatchObject({ code: 0 })
    expect(cluster.entries.get('/a/f')?.permission).toBe(0o444)
    expect(cluster.entries.get('/a/empty')?.permission).toBe(0o755)
  })

  it('asks nothing of the server when nothing changes', async () => {
    await dfs('chmod', '644', '/a/f')
    await dfs('chown', 'alice:staff', '/a/f')
    expect(cluster.calls).not.toContain('setPermission')
    expect(cluster.calls).not.toContain('setOwner')
  })

  it('refuses a malformed mode with exit code 255', async () => {
    expect(await dfs('chmod', '9', '/a')).toMatchObject({
      code: 255,
      stderr: expect.stringContaining(
        "chmod: mode '9' does not match the expected pattern.\nUsage:",
      ),
    })
  })

  it('names the path for which the server refused a change', async () => {
    cluster.failures.set('setPermission', new DfsError('PERMISSION_DENIED', 'Permission denied'))
    await refused(
      "chmod: changing permissions of '/a/f': Permission denied",
      'chmod',
      '000',
      '/a/f',
    )
  })

  it.each([
    ['bob', 'bob', 'staff'],
    ['bob:eng', 'bob', 'eng'],
    [':eng', 'alice', 'eng'],
    ['bob:', 'bob', 'staff'],
  ])('chown %s', async (text, owner, group) => {
    expect(await dfs('chown', text, '/a/f')).toMatchObject({ code: 0 })
    expect(cluster.entries.get('/a/f')).toMatchObject({ owner, group })
  })

  it('chown -R and chgrp reach everything below', async () => {
    await dfs('chown', '-R', 'bob', '/a')
    await dfs('chgrp', '-R', 'eng', '/a')
    expect(cluster.entries.get('/a/empty')).toMatchObject({ owner: 'bob', group: 'eng' })
  })

  it.each([
    ['chown', ':'],
    ['chown', 'a b'],
    ['chgrp', 'a:b'],
  ])('%s refuses %j', async (verb, text) => {
    expect(await dfs(verb, text, '/a/f')).toMatchObject({ code: 255 })
  })
})

describe('dfs setrep, touch, touchz', () => {
  it('setrep sets files, all of them below directories', async () => {
    expect(await dfs('setrep', '2', '/a')).toEqual({
      code: 0,
      stdout: 'Replication 2 set: /a/f\n',
      stderr: '',
    })
    expect(cluster.entries.get('/a/f')?.replication).toBe(2)
  })

  it('setrep -w waits until the blocks are there', async () => {
    expect(await dfs('setrep', '-w', '2', '/a/f')).toMatchObject({
      stdout: 'Replication 2 set: /a/f\nWaiting for /a/f ... done\n',
    })
  })

  it.each(['0', 'x', '-1'])('setrep refuses %j', async (count) => {
    expect(await dfs('setrep', count, '/a/f')).toMatchObject({ code: 255 })
  })

  it('touchz creates empty files and refuses others', async () => {
    expect(await dfs('touchz', '/a/new')).toEqual({ code: 0, stdout: '', stderr: '' })
    expect(cluster.contentOf('/a/new')).toBe('')
    expect(await dfs('touchz', '/a/new')).toMatchObject({ code: 0 })
    await refused("touchz: `/a/f': Not a zero-length file", 'touchz', '/a/f')
    await refused("touchz: `/a': Is a directory", 'touchz', '/a')
    await refused(
      "touchz: `/x/y': No such file or directory: `hdfs://127.0.0.1:8020/x/y'",
      'touchz',
      '/x/y',
    )
  })

  it('touch creates, or sets the times that were asked for', async () => {
    const before = cluster.timeMs
    expect(await dfs('touch', '-c', '/a/new')).toMatchObject({ code: 0 })
    expect(paths()).not.toContain('/a/new')
    expect(await dfs('touch', '/a/new')).toMatchObject({ code: 0 })
    expect(paths()).toContain('/a/new')
    const timeMs = new Date(2020, 0, 2, 3, 4, 5).getTime()
    await dfs('touch', '-m', '-t', '20200102:030405', '/a/f')
    expect(cluster.entries.get('/a/f')).toMatchObject({
      modificationTimeMs: timeMs,
      accessTimeMs: before,
    })
    await dfs('touch', '-t', '20200102:030405', '/a/f')
    expect(cluster.entries.get('/a/f')).toMatchObject({ accessTimeMs: timeMs })
    expect(await dfs('touch', '-t', 'yesterday', '/a/f')).toMatchObject({ code: 255 })
  })
})

describe('usage', () => {
  it.each([
    [['nope'], 'nope: Unknown command'],
    [['copyfromlocal'], 'copyfromlocal: Unknown command'],
    [['LS'], 'LS: Unknown command; did you mean ls?'],
    [['ls', '-Z'], "ls: unknown option '-Z'\nUsage: dfs ls"],
    [['mkdir'], "mkdir: missing required argument 'path'\nUsage: dfs mkdir"],
    [['head', '/a', '/b'], 'head: too many arguments'],
    [['ls', ''], 'ls: Can not create a Path from an empty string'],
    [['ls', 's3a://bucket/x'], 'ls: No FileSystem for scheme "s3a"'],
    [['--fs'], 'dfs: option --fs needs a value'],
    [['--fs', 'http://x', 'ls', '/'], "ls: 'http://x' does not name a cluster"],
  ])('%j exits with 255', async (words, text) => {
    const { code, stderr } = await dfs(...words)
    expect(stderr).toContain(text)
    expect(code).toBe(255)
  })

  it('lists the commands with --help, and on stderr without any word', async () => {
    expect(await dfs('--help')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('  put '),
    })
    expect(await dfs()).toMatchObject({ code: 255, stderr: expect.stringContaining('  put ') })
  })

  it.each([
    ...COMMANDS.filter(({ group }) => group === 'files').map(({ name }) => name),
    'report',
    'fsck',
  ])('shows examples in the help of %s', async (name) => {
    const { code, stdout } = await dfs(name, '--help')
    expect(code).toBe(0)
    expect(stdout).toContain(`Usage: dfs ${name} `)
    expect(stdout).toContain('Examples:\n  ')
  })

  it('reports an unexpected failure as one line', async () => {
    cluster.failures.set('getFileInfo', new DfsError('INTERNAL', 'something broke\nat x.ts:1'))
    expect(await dfs('ls', '/')).toMatchObject({ code: 1, stderr: 'ls: something broke\n' })
  })
})
