/** Access control lists, extended attributes and quotas through Apache Hadoop's own shell and dfsadmin, unmodified. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { HADOOP_VERSIONS } from '../support/java-clients.js'
import { JavaCommands } from '../support/java-commands.js'
import { ProcessCluster } from '../support/process-cluster.js'

const BLOCK_BYTES = 1024 * 1024

describe.each(HADOOP_VERSIONS)('attributes in the shell of Hadoop %s', (version) => {
  let cluster: ProcessCluster
  let hdfs: JavaCommands

  beforeAll(async () => {
    cluster = await ProcessCluster.start({ datanodes: 3, settings: { 'block.min-size': 0 } })
    hdfs = await JavaCommands.start(version, {
      'fs.defaultFS': cluster.fs,
      'dfs.blocksize': String(BLOCK_BYTES),
    })
  })
  afterAll(async () => {
    await hdfs?.stop()
    await cluster?.stop()
  })

  const acl = async (path: string) =>
    (await hdfs.dfs('-getfacl', path)).split('\n').filter((line) => /^[^#]/.test(line))
  const refusal = async (...words: readonly string[]) => {
    const { exitCode, stderr } = await hdfs.run(words)
    expect(exitCode).not.toBe(0)
    return stderr
  }

  it('lists are changed, inherited by files and directories, shown by ls and copied by cp -p', async () => {
    await hdfs.dfs('-mkdir', '/a')
    await hdfs.dfs('-setfacl', '-m', 'user:bob:rwx,default:user:bob:r-x', '/a')
    const defaults = [
      'default:user::rwx',
      'default:user:bob:r-x',
      'default:group::r-x',
      'default:mask::r-x',
      'default:other::r-x',
    ]
    expect(await acl('/a')).toEqual([
      ...['user::rwx', 'user:bob:rwx', 'group::r-x', 'mask::rwx', 'other::r-x'],
      ...defaults,
    ])
    await hdfs.dfs('-mkdir', '/a/d')
    await hdfs.dfs('-touchz', '/a/f')
    expect(await acl('/a/d')).toEqual([
      ...['user::rwx', 'user:bob:r-x', 'group::r-x', 'mask::r-x', 'other::r-x'],
      ...defaults,
    ])
    const ofFile = [
      'user::rw-',
      'user:bob:r-x\t#effective:r--',
      'group::r-x\t#effective:r--',
      'mask::r--',
      'other::r--',
    ]
    expect(await acl('/a/f')).toEqual(ofFile)
    expect(await hdfs.dfs('-ls', '-d', '/a')).toMatch(/^drwxrwxr-x\+/)
    await hdfs.dfs('-setfattr', '-n', 'user.k', '-v', 'v', '/a/f')
    await hdfs.dfs('-cp', '-ptopax', '/a/f', '/copy')
    expect(await acl('/copy')).toEqual(ofFile)
    expect(await hdfs.dfs('-getfattr', '-d', '/copy')).toBe('# file: /copy\nuser.k="v"\n')
    await hdfs.dfs('-setfacl', '-b', '/a')
    expect(await acl('/a')).toEqual(['user::rwx', 'group::r-x', 'other::r-x'])
  })

  it('lists that cannot be are refused, and a list opens a file to the one that it names', async () => {
    await hdfs.dfs('-touchz', '/secret')
    await hdfs.dfs('-chmod', '600', '/secret')
    const read = ['dfs', '-cat', '/secret']
    const bob = await hdfs.run(read, { user: 'bob' })
    expect(bob.stderr).toContain('Permission denied: user=bob, access=READ, inode="/secret"')
    await hdfs.dfs('-setfacl', '-m', 'user:bob:r--', '/secret')
    expect((await hdfs.run(read, { user: 'bob' })).exitCode).toBe(0)
    expect((await hdfs.run(read, { user: 'eve' })).exitCode).toBe(1)
    expect(await refusal('dfs', '-setfacl', '-x', 'mask', '/secret')).toContain(
      'setfacl: Invalid ACL: mask is required and cannot be deleted. Path: /secret',
    )
    expect(await refusal('dfs', '-setfacl', '-m', 'default:user:x:rwx', '/secret')).toContain(
      'only directories may have a default ACL. Path: /secret Path: /secret',
    )
  })

  it('attributes keep their bytes, their limits and their namespaces', async () => {
    await hdfs.dfs('-touchz', '/x')
    await hdfs.dfs('-setfattr', '-n', 'user.bytes', '-v', '0x00ff', '/x')
    await hdfs.dfs('-setfattr', '-n', 'trusted.t', '-v', 'hidden', '/x')
    expect(await hdfs.dfs('-getfattr', '-n', 'user.bytes', '-e', 'hex', '/x')).toBe(
      '# file: /x\nuser.bytes=0x00ff\n',
    )
    const { stdout } = await hdfs.run(['dfs', '-getfattr', '-d', '/x'], { user: 'eve' })
    expect(stdout).not.toContain('trusted')
    expect(await refusal('dfs', '-getfattr', '-n', 'user.none', '/x')).toContain(
      'getfattr: At least one of the attributes provided was not found.',
    )
    expect(await refusal('dfs', '-setfattr', '-x', 'user.none', '/x')).toContain(
      'setfattr: No matching attributes found for remove operation',
    )
    expect(await refusal('dfs', '-setfattr', '-n', 'system.k', '/x')).toContain(
      "User doesn't have permission for xattr: system.k",
    )
  })

  it('quotas are set by dfsadmin, refuse what is too much, and are shown by count', async () => {
    await hdfs.dfs('-mkdir', '/q')
    await hdfs.succeed(['dfsadmin', '-setQuota', '3', '/q'])
    await hdfs.succeed(['dfsadmin', '-setSpaceQuota', String(3 * BLOCK_BYTES), '/q'])
    const put = (name: string) => hdfs.run(['dfs', '-put', '-d', '-', `/q/${name}`], { input: 'x' })
    expect((await put('f1')).exitCode).toBe(0)
    await hdfs.dfs('-touchz', '/q/f2')
    expect(await refusal('dfs', '-touchz', '/q/f3')).toContain(
      'touchz: The NameSpace quota (directories and files) of directory /q is exceeded: quota=3 file count=4',
    )
    await hdfs.succeed(['dfsadmin', '-clrQuota', '/q'])
    expect((await put('f4')).stderr).toContain(
      'The DiskSpace quota of /q is exceeded: quota = 3145728 B = 3 MB but diskspace consumed = 3145731 B = 3.00 MB',
    )
    expect((await hdfs.dfs('-count', '-q', '/q')).trim().split(/\s+/)).toEqual([
      'none',
      'inf',
      '3145728',
      '3145725',
      '1',
      '3',
      '1',
      '/q',
    ])
    await hdfs.succeed(['dfsadmin', '-setSpaceQuota', '5m', '-storageType', 'DISK', '/q'])
    expect((await hdfs.dfs('-count', '-q', '-t', 'DISK', '/q')).trim().split(/\s+/)).toEqual([
      '5242880',
      '5242877',
      '/q',
    ])
    await hdfs.succeed(['dfsadmin', '-setSpaceQuota', '1k', '-storageType', 'SSD', '/q'])
    await hdfs.succeed([
      'storagepolicies',
      ...['-setStoragePolicy', '-path', '/q', '-policy', 'ONE_SSD'],
    ])
    expect((await hdfs.dfs('-count', '-q', '-t', 'SSD,DISK', '/q')).trim().split(/\s+/)).toEqual([
      '1024',
      '1023',
      '5242880',
      '5242878',
      '/q',
    ])
    await hdfs.succeed(['dfsadmin', '-clrSpaceQuota', '/q'])
    expect((await put('f5')).stderr).toContain(
      'Quota by storage type : SSD on path : /q is exceeded. quota = 1 KB but space consumed = 1.00 MB',
    )
    const eve = await hdfs.run(['dfsadmin', '-setQuota', '5', '/q'], { user: 'eve' })
    expect(eve.stderr).toContain(
      'Access denied for user eve. Superuser privilege is required for operation setQuota',
    )
  })
})
