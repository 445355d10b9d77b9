import { mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { beforeEach, describe, expect, it } from 'vitest'
import { parseAclSpec } from '../../../../shared/acl.js'
import { DfsError } from '../../../../shared/errors.js'
import { temporaryFolder } from '../../../support/temporary-folder.js'
import { type RunOptions, runCommand } from '../run-command.js'
import { ScriptedCluster } from '../scripted-cluster.js'

let cluster: ScriptedCluster
let folder: string
const dfs = (words: readonly string[], options: RunOptions = {}) =>
  runCommand(cluster, words, { workingDirectory: folder, ...options })
const local = (name: string) => readFileSync(join(folder, name), 'utf8')
const remote = () => [...cluster.entries.keys()].filter((path) => path !== '/').toSorted()
const OK = { code: 0, stdout: '', stderr: '' }

beforeEach(() => {
  folder = temporaryFolder()
  cluster = new ScriptedCluster()
    .addDirectory('/in')
    .addFile('/in/a', 'content a')
    .addDirectory('/in/sub')
    .addFile('/in/sub/b', 'content b')
    .addDirectory('/out')
  writeFileSync(join(folder, 'x'), 'content x')
  mkdirSync(join(folder, 'tree/deep'), { recursive: true })
  writeFileSync(join(folder, 'tree/one'), '1')
  writeFileSync(join(folder, 'tree/deep/two'), '22')
})

describe('dfs put', () => {
  it('writes to name._COPYING_ and renames', async () => {
    expect(await dfs(['put', 'x', '/out/y'])).toEqual(OK)
    expect(cluster.contentOf('/out/y')).toBe('content x')
    expect(cluster.calls).toContain('create /out/y._COPYING_')
    expect(remote()).not.toContain('/out/y._COPYING_')
  })

  it('writes in place with -d', async () => {
    expect(await dfs(['put', '-d', 'x', '/out/y'])).toEqual(OK)
    expect(cluster.calls).toContain('create /out/y')
    expect(cluster.calls).not.toContain('rename2')
  })

  it('goes into a directory, and takes several sources and folders', async () => {
    expect(await dfs(['put', 'x', 'tree', '/out'])).toEqual(OK)
    expect(remote().filter((path) => path.startsWith('/out/'))).toEqual([
      '/out/tree',
      '/out/tree/deep',
      '/out/tree/deep/two',
      '/out/tree/one',
      '/out/x',
    ])
    expect(cluster.contentOf('/out/tree/deep/two')).toBe('22')
  })

  it('puts a folder under a new name', async () => {
    expect(await dfs(['put', 'tree', '/out/new'])).toEqual(OK)
    expect(cluster.contentOf('/out/new/one')).toBe('1')
  })

  it('goes to the home directory when no destination is given', async () => {
    cluster.addDirectory('/user').addDirectory('/user/alice')
    expect(await dfs(['put', 'x'])).toEqual(OK)
    expect(cluster.contentOf('/user/alice/x')).toBe('content x')
  })

  it('refuses existing files, and replaces them with -f', async () => {
    expect(await dfs(['put', 'x', '/in/a'])).toMatchObject({
      code: 1,
      stderr: "put: `/in/a': File exists\n",
    })
    expect(cluster.contentOf('/in/a')).toBe('content a')
    expect(await dfs(['put', '-f', 'x', '/in/a'])).toEqual(OK)
    expect(cluster.contentOf('/in/a')).toBe('content x')
  })

  it('goes on with the other files of a folder when one exists', async () => {
    cluster.addDirectory('/out/tree').addFile('/out/tree/one', 'old')
    expect(await dfs(['put', 'tree', '/out'])).toMatchObject({
      code: 1,
      stderr: "put: `/out/tree/one': File exists\n",
    })
    expect(cluster.contentOf('/out/tree/one')).toBe('old')
    expect(cluster.contentOf('/out/tree/deep/two')).toBe('22')
  })

  it.each([
    [['put', 'nope', '/out'], "put: `nope': No such file or directory\n"],
    [
      ['put', 'x', '/no/y'],
      "put: `/no/y': No such file or directory: `hdfs://127.0.0.1:8020/no/y'\n",
    ],
    [['put', 'x', 'tree', '/in/a'], "put: `/in/a': Is not a directory\n"],
    [['put', 'tree', '/in/a'], "put: `/in/a': File exists\n"],
    [['put', '-f', 'tree', '/in/a'], "put: `/in/a': Is not a directory\n"],
  ])('%j: %s', async (words, stderr) => {
    expect(await dfs(words)).toEqual({ code: 1, stdout: '', stderr })
  })

  it('reads standard input', async () => {
    expect(await dfs(['put', '-', '/out/stdin'], { stdin: 'piped in' })).toEqual(OK)
    expect(cluster.contentOf('/out/stdin')).toBe('piped in')
  })

  it('leaves nothing behind when writing fails', async () => {
    cluster.failures.set('write', new DfsError('NO_DATANODES', 'could only be written to 0 nodes'))
    expect(await dfs(['put', 'x', '/out/y'])).toMatchObject({
      code: 1,
      stderr: 'put: could only be written to 0 nodes\n',
    })
    expect(remote().filter((path) => path.startsWith('/out/'))).toEqual([])
    expect(cluster.calls).toContain('abort')
  })

  it.each([
    [['put', 'x', '/out/y'], 'x'],
    [['put', '-', '/out/y'], 'standard input'],
  ])('an interrupted %j leaves nothing and exits with 130', async (words) => {
    const interruption = new AbortController()
    cluster.beforeWrite = async () => interruption.abort(new DfsError('INTERRUPTED', 'SIGINT'))
    const stdin = new PassThrough()
    stdin.write('first piece')
    const outcome = await dfs(words, { signal: interruption.signal, stdin })
    expect(outcome).toEqual({ code: 130, stdout: '', stderr: '' })
    expect(remote().filter((path) => path.startsWith('/out/'))).toEqual([])
  })

  it('keeps times and modes with -p', async () => {
    utimesSync(join(folder, 'x'), 1000, 2000)
    expect(await dfs(['put', '-p', 'x', '/out'])).toEqual(OK)
    expect(cluster.entries.get('/out/x')).toMatchObject({
      accessTimeMs: 1_000_000,
      modificationTimeMs: 2_000_000,
      permission: statSync(join(folder, 'x')).mode & 0o777,
    })
  })

  it('takes the replication from its flag or from -D', async () => {
    await dfs(['put', '--replication', '2', 'x', '/out/r2'])
    await dfs(['-D', 'dfs.replication=5', '-put', 'x', '/out/r5'])
    expect(cluster.entries.get('/out/r2')?.replication).toBe(2)
    expect(cluster.entries.get('/out/r5')?.replication).toBe(5)
    expect(await dfs(['put', '--block-size', 'huge', 'x', '/out/y'])).toMatchObject({ code: 255 })
  })

  it('is silent about progress when stderr is no terminal', async () => {
    expect((await dfs(['put', 'x', '/out/y'])).stderr).toBe('')
  })

  it('copyFromLocal is the same, moveFromLocal deletes what was copied', async () => {
    expect(await dfs(['copyFromLocal', 'x', '/out/1'])).toEqual(OK)
    expect(await dfs(['moveFromLocal', 'x', '/out/2'])).toEqual(OK)
    expect(readdirSync(folder)).toEqual(['tree'])
    expect(cluster.contentOf('/out/2')).toBe('content x')
  })

  it('moveFromLocal keeps what could not be copied', async () => {
    cluster.failures.set('write', new DfsError('NO_DATANODES', 'no'))
    expect(await dfs(['moveFromLocal', 'x', '/out/2'])).toMatchObject({ code: 1 })
    expect(readdirSync(folder)).toContain('x')
  })
})

describe('dfs get', () => {
  it('copies files, directories and patterns', async () => {
    expect(await dfs(['get', '/in/a'])).toEqual(OK)
    expect(await dfs(['get', '/in', 'copy'])).toEqual(OK)
    expect(await dfs(['get', '/in/*', 'tree'])).toEqual(OK)
    expect(local('a')).toBe('content a')
    expect(local('copy/sub/b')).toBe('content b')
    expect(local('tree/sub/b')).toBe('content b')
  })

  it('refuses existing files, and replaces them with -f', async () => {
    expect(await dfs(['get', '/in/a', 'x'])).toMatchObject({
      code: 1,
      stderr: "get: `x': File exists\n",
    })
    expect(await dfs(['get', '-f', '/in/a', 'x'])).toEqual(OK)
    expect(local('x')).toBe('content a')
  })

  it.each([
    [['get', '/nope'], "get: `/nope': No such file or directory\n"],
    [['get', '/in', 'x'], "get: `x': File exists\n"],
    [['get', '/in/a', '/in/sub', 'nodir'], "get: `nodir': No such file or directory\n"],
  ])('%j: %s', async (words, stderr) => {
    expect(await dfs(words)).toMatchObject({ code: 1, stderr })
  })

  it('leaves no file, whole or temporary, when reading fails', async () => {
    cluster.failures.set('read', new DfsError('BLOCK_MISSING', 'Could not obtain block'))
    expect(await dfs(['get', '/in/a', 'y'])).toMatchObject({
      code: 1,
      stderr: 'get: Could not obtain block\n',
    })
    expect(readdirSync(folder).toSorted()).toEqual(['tree', 'x'])
  })

  it('keeps times and modes with -p', async () => {
    cluster.addFile('/in/p', 'p', { permission: 0o600, modificationTimeMs: 5_000_000 })
    await dfs(['get', '-p', '/in/p'])
    expect(statSync(join(folder, 'p')).mtimeMs).toBe(5_000_000)
    expect(statSync(join(folder, 'p')).mode & 0o777).toBe(0o600)
  })

  it('writes to standard output with -', async () => {
    expect(await dfs(['get', '/in/a', '-'])).toEqual({ ...OK, stdout: 'content a' })
  })
})

describe('dfs cat, text, head, tail', () => {
  it('cat prints files one after the other, and refuses directories', async () => {
    expect(await dfs(['cat', '/in/a', '/in/sub/b'])).toEqual({
      ...OK,
      stdout: 'content acontent b',
    })
    expect(await dfs(['cat', '/in', '/nope', '/in/a'])).toEqual({
      code: 1,
      stdout: 'content a',
      stderr: "cat: `/in': Is a directory\ncat: `/nope': No such file or directory\n",
    })
  })

  it('head and tail print a kilobyte from either end', async () => {
    cluster.addFile('/big', `${'h'.repeat(1024)}middle${'t'.repeat(1024)}`)
    expect((await dfs(['head', '/big'])).stdout).toBe('h'.repeat(1024))
    expect((await dfs(['tail', '/big'])).stdout).toBe('t'.repeat(1024))
    expect((await dfs(['tail', '/in/a'])).stdout).toBe('content a')
  })

  it('tail -f prints what is appended until it is interrupted', async () => {
    const interruption = new AbortController()
    const following = dfs(['tail', '-f', '-s', '1', '/in/a'], { signal: interruption.signal })
    const entry = cluster.entries.get('/in/a')
    if (entry === undefined) throw new Error('the file is there')
    entry.content = Buffer.from('content a and more')
    // Two looks later the appended bytes must have been printed.
    const looks = () => cluster.reads
    const before = looks()
    while (looks() < before + 3) await new Promise((resolve) => setImmediate(resolve))
    interruption.abort(new DfsError('INTERRUPTED', 'SIGINT'))
    expect(await following).toEqual({ code: 130, stdout: 'content a and more', stderr: '' })
  })

  it('text unpacks gzip by its content and prints other files as they are', async () => {
    const packed = cluster.addFile('/packed', '').entries.get('/packed')
    if (packed === undefined) throw new Error('the file is there')
    packed.content = gzipSync('unpacked text')
    expect(await dfs(['text', '/packed', '/in/a'])).toEqual({
      ...OK,
      stdout: 'unpacked textcontent a',
    })
  })

  it('text says so when a packed file is damaged', async () => {
    const packed = cluster.addFile('/packed', '').entries.get('/packed')
    if (packed === undefined) throw new Error('the file is there')
    packed.content = gzipSync('unpacked text').subarray(0, 20)
    const { code, stderr } = await dfs(['text', '/packed'])
    expect(code).toBe(1)
    expect(stderr).toMatch(/^text: .*\n$/)
  })

  it('ends quietly when nobody reads the output any more', async () => {
    const { PassThrough: Stream } = await import('node:stream')
    const { run } = await import('../../../../cli/program.js')
    const stdout = new Stream()
    stdout.destroy()
    const stderr = new Stream()
    const io = {
      stdout,
      stderr,
      stdin: new Stream(),
      environment: {},
      signal: new AbortController().signal,
      isErrorTerminal: false,
      osUser: () => 'alice',
      workingDirectory: () => folder,
      seams: (await import('../run-command.js')).TEST_SEAMS,
    }
    expect(await run(['cat', '/in/a'], io, cluster.connect)).toBe(0)
    expect(stderr.read()).toBe(null)
  })
})

describe('dfs cp, appendToFile, getmerge', () => {
  it('cp copies files and trees', async () => {
    expect(await dfs(['cp', '/in/a', '/out/c'])).toEqual(OK)
    expect(await dfs(['cp', '/in', '/out'])).toEqual(OK)
    expect(cluster.contentOf('/out/c')).toBe('content a')
    expect(cluster.contentOf('/out/in/sub/b')).toBe('content b')
  })

  it('cp refuses existing files without -f, and directories into themselves', async () => {
    expect(await dfs(['cp', '/in/a', '/in/sub/b'])).toMatchObject({
      code: 1,
      stderr: "cp: `/in/sub/b': File exists\n",
    })
    expect(await dfs(['cp', '-f', '/in/a', '/in/sub/b'])).toEqual(OK)
    expect(cluster.contentOf('/in/sub/b')).toBe('content a')
    expect(await dfs(['cp', '/in', '/in/sub'])).toMatchObject({
      code: 1,
      stderr: "cp: `/in' to `/in/sub/in': is a subdirectory of itself\n",
    })
  })

  it('cp -p keeps owner, mode and times', async () => {
    cluster.addFile('/in/p', 'p', { owner: 'bob', permission: 0o600, modificationTimeMs: 5 })
    expect(await dfs(['cp', '-p', '/in/p', '/out'])).toEqual(OK)
    expect(cluster.entries.get('/out/p')).toMatchObject({
      owner: 'bob',
      permission: 0o600,
      modificationTimeMs: 5,
    })
  })

  it('cp -ptopax keeps ACLs and attributes as well, of directories too', async () => {
    cluster.addDirectory('/in/t', { permission: 0o711, modificationTimeMs: 7 })
    cluster.addFile('/in/t/p', 'p', { owner: 'bob', permission: 0o640, modificationTimeMs: 5 })
    cluster.attributes.setAcl('/in/t/p', parseAclSpec('user:eve:r--,group::r--', 'required'))
    expect(await dfs(['setfattr', '-n', 'user.k', '-v', 'v', '/in/t/p'])).toEqual(OK)
    expect(await dfs(['cp', '-ptopax', '/in/t', '/out'])).toEqual(OK)
    const directory = { permission: 0o711, modificationTimeMs: 7 }
    expect(cluster.entries.get('/out/t')).toMatchObject(directory)
    expect(cluster.entries.get('/out/t/p')).toMatchObject({ owner: 'bob', modificationTimeMs: 5 })
    expect(cluster.attributes.log).toEqual([
      'setAcl /out/t/p user::rw-,user:eve:r--,group::r--,mask::r--,other::---',
    ])
    expect((await dfs(['getfattr', '-d', '/out/t/p'])).stdout).toContain('user.k="v"')
    expect(await dfs(['cp', '-px', '/in/t/p', '/out/x'])).toEqual(OK)
    expect(cluster.entries.get('/out/x')).not.toMatchObject({ owner: 'bob' })
    expect((await dfs(['getfattr', '-d', '/out/x'])).stdout).toContain('user.k="v"')
    expect(await dfs(['cp', '--preserve-attributes', 'q', '/in/t/p', '/out/y'])).toMatchObject({
      code: 255,
    })
  })

  it('appendToFile appends files or standard input, creating the file', async () => {
    expect(await dfs(['appendToFile', 'x', '/in/a'])).toEqual(OK)
    expect(cluster.contentOf('/in/a')).toBe('content acontent x')
    expect(await dfs(['appendToFile', '-', '/out/new'], { stdin: 'hello' })).toEqual(OK)
    expect(cluster.contentOf('/out/new')).toBe('hello')
    expect(await dfs(['appendToFile', '-', 'x', '/out/new'])).toMatchObject({ code: 255 })
    expect(await dfs(['appendToFile', 'x', '/out'])).toMatchObject({
      code: 1,
      stderr: "appendToFile: `/out': Is a directory\n",
    })
  })

  it('getmerge joins files, with line ends when asked', async () => {
    cluster.addFile('/in/zero', '')
    expect(await dfs(['getmerge', '/in', '/in/sub/b', 'all'])).toEqual(OK)
    expect(local('all')).toBe('content acontent b')
    expect(await dfs(['getmerge', '-nl', '/in', 'lines'])).toEqual(OK)
    expect(local('lines')).toBe('content a\n\n')
    expect(await dfs(['getmerge', '-nl', '-skip-empty-file', '/in', 'lines'])).toEqual(OK)
    expect(local('lines')).toBe('content a\n')
  })

  it('getmerge writes nothing when a source is missing', async () => {
    expect(await dfs(['getmerge', '/in', '/nope', 'all'])).toMatchObject({ code: 1 })
    expect(readdirSync(folder)).not.toContain('all')
  })
})
