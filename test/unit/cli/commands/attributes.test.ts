/** getfacl, setfacl, getfattr, setfattr and quotas on the command line: their output, and what they ask of the cluster. */
import { beforeEach, describe, expect, it } from 'vitest'
import { parseAclSpec } from '../../../../shared/acl.js'
import { runCommand } from '../run-command.js'
import { ScriptedCluster } from '../scripted-cluster.js'

let cluster: ScriptedCluster
const dfs = (...words: string[]) => runCommand(cluster, words)
const output = async (...words: string[]) => {
  const { stdout, stderr, code } = await dfs(...words)
  expect({ stderr, code }).toEqual({ stderr: '', code: 0 })
  return stdout
}

beforeEach(() => {
  cluster = new ScriptedCluster()
    .addDirectory('/d', { permission: 0o1775 })
    .addFile('/d/f', 'x', { permission: 0o640 })
})

describe('dfs getfacl', () => {
  it('prints what Hadoop prints, with what the mask leaves of an entry', async () => {
    const spec =
      'user:bob:rwx,group::r-x,default:user::rwx,default:user:bob:r-x,default:group::r-x,default:mask::r--,default:other::---'
    cluster.attributes.setAcl('/d', parseAclSpec(spec, 'required'))
    cluster.entries.set('/d', { ...cluster.entries.get('/d')!, permission: 0o1755 })
    cluster.attributes.setAcl('/d', parseAclSpec(spec, 'required'))
    expect(await output('getfacl', '-R', '/d')).toBe(
      [
        '# file: /d',
        '# owner: alice',
        '# group: staff',
        '# flags: --t',
        'user::rwx',
        'user:bob:rwx\t#effective:r-x',
        'group::r-x',
        'mask::r-x',
        'other::r-x',
        'default:user::rwx',
        'default:user:bob:r-x\t#effective:r--',
        'default:group::r-x\t#effective:r--',
        'default:mask::r--',
        'default:other::---',
        '',
        '# file: /d/f',
        '# owner: alice',
        '# group: staff',
        'user::rw-',
        'group::r--',
        'other::---',
        '',
        '',
      ].join('\n'),
    )
    expect(await output('ls', '-d', '/d')).toMatch(/^drwxr-xr-t\+ /)
  })
})

describe('dfs setfacl', () => {
  it('asks for one change, of files below a directory without default entries', async () => {
    await output('setfacl', '-R', '-m', 'user:bob:rwx,default:user:bob:r-x', '/d')
    await output('setfacl', '-x', 'user:bob', '/d/f')
    await output('setfacl', '--set', 'user::rw-,group::r--,other::---', '/d/f')
    await output('setfacl', '-b', '/d')
    await output('dfs', '-setfacl', '-k', '/d')
    expect(cluster.attributes.log).toEqual([
      'modifyAclEntries /d user:bob:rwx,default:user:bob:r-x',
      'modifyAclEntries /d/f user:bob:rwx',
      'removeAclEntries /d/f user:bob:---',
      'setAcl /d/f user::rw-,group::r--,other::---',
      'removeAcl /d',
      'removeDefaultAcl /d',
    ])
  })

  it.each([
    [['/d'], 'Expected one of -b, -k, -m, -x or --set options'],
    [['-b', '-m', 'user:bob:r--', '/d'], 'Specified flags contains both remove and modify flags'],
    [['-m', 'user:bob', '/d'], 'Invalid <aclSpec> : user:bob'],
  ])('refuses %j', async (words, message) => {
    const { code, stderr } = await dfs('setfacl', ...words)
    expect(code).toBe(255)
    expect(stderr).toContain(message)
    expect(cluster.attributes.log).toEqual([])
  })
})

describe('dfs getfattr and setfattr', () => {
  it('set, print in three forms, and remove', async () => {
    await output('setfattr', '-n', 'user.k', '-v', '0x6869', '/d/f')
    await output('setfattr', '-n', 'user.empty', '/d/f')
    expect(await output('getfattr', '-d', '/d/f')).toBe('# file: /d/f\nuser.k="hi"\nuser.empty\n')
    expect(await output('getfattr', '-n', 'user.k', '-e', 'base64', '/d/f')).toBe(
      '# file: /d/f\nuser.k=0saGk=\n',
    )
    await output('setfattr', '-x', 'user.k', '/d/f')
    expect(await output('getfattr', '-R', '-d', '/d')).toBe(
      '# file: /d\n# file: /d/f\nuser.empty\n',
    )
  })

  it('refuse what is not whole', async () => {
    expect((await dfs('getfattr', '/d/f')).stderr).toContain(
      "Must specify '-n name' or '-d' option.",
    )
    expect((await dfs('setfattr', '/d/f')).stderr).toContain("Must specify '-n name' or '-x name'")
    expect((await dfs('setfattr', '-n', 'k', '/d/f')).stderr).toContain('must be prefixed with')
  })
})

describe('quotas', () => {
  it('are set and lifted in either spelling', async () => {
    await output('setQuota', '5', '/d')
    await output('dfsadmin', '-setSpaceQuota', '10g', '/d')
    await output('dfsadmin', '-setSpaceQuota', '1k', '-storageType', 'ssd', '/d')
    await output('clrSpaceQuota', '--storage-type', 'DISK', '/d')
    await output('clrQuota', '/d')
    await output('clrSpaceQuota', '/d')
    expect(cluster.attributes.log).toEqual([
      'setQuota /d 5 keep',
      `setQuota /d keep ${10 * 2 ** 30}`,
      'setQuota /d keep 1024 of 2',
      'setQuota /d keep clear of 1',
      'setQuota /d clear keep',
      'setQuota /d keep clear',
    ])
    expect((await dfs('setQuota', '-5', '/d')).code).toBe(255)
    expect((await dfs('setSpaceQuota', 'much', '/d')).code).toBe(255)
    expect((await dfs('setSpaceQuota', '5', '--storage-type', 'paper', '/d')).code).toBe(255)
  })
})

describe('dfs policy', () => {
  it('lists, tells, sets, lifts and asks for moves', async () => {
    expect(await output('policy', 'ls')).toMatch(/^policy .*\nCOLD +ARCHIVE +- +-\n$/)
    expect(await output('policy', 'get', '/d/f')).toBe('COLD\n')
    expect(JSON.parse(await output('policy', 'get', '--json', '/d'))).toMatchObject({ id: 2 })
    await output('policy', 'set', 'COLD', '/d')
    await output('policy', 'satisfy', '/d')
    await output('policy', 'unset', '/d')
    expect(cluster.attributes.log).toEqual([
      'setStoragePolicy /d COLD',
      'satisfyStoragePolicy /d',
      'unsetStoragePolicy /d',
    ])
    expect((await dfs('policy', 'set', 'COLD')).code).toBe(255)
    expect((await dfs('policy', 'get', '/none')).stderr).toContain('/none')
  })
})
