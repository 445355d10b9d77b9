import { describe, expect, it } from 'vitest'
import type { GroupSettings } from '../../../../namenode/config.js'
import {
  Principals,
  type PrincipalsOptions,
  parseGroups,
} from '../../../../namenode/service/access/principals.js'
import { systemClock } from '../../../../shared/clock.js'
import { silentLog } from '../../../../shared/log.js'

const PASSWD =
  'root:x:0:0:root:/root:/bin/sh\nalice:x:1000:1000::/home/alice:/bin/sh\n#bob:x:1:0::\n\n'
const GROUP = 'root:x:0:\nstaff:x:1000:\nadmins:x:50:alice,bob\nsupergroup:x:60:bob\n'

const open = (
  readSystemFile: (path: string) => Promise<string>,
  groups: Partial<GroupSettings> = {},
  runProgram: PrincipalsOptions['runProgram'] = async () => '',
) =>
  Principals.open({
    groups: { staticGroups: '', command: '', timeoutMs: 1000, cacheMs: 60_000, ...groups },
    runProgram,
    clock: systemClock,
    log: silentLog,
    superuser: 'root',
    supergroup: 'supergroup',
    readSystemFile,
  })
const files = async (path: string) => (path === '/etc/passwd' ? PASSWD : GROUP)

describe('principals', () => {
  it('have their primary group first and then those that list them', () => {
    expect(parseGroups(PASSWD, GROUP).get('alice')).toEqual(['staff', 'admins'])
  })

  it('are superusers by name or by membership in the supergroup', async () => {
    const principals = await open(files)
    expect(principals.principal('root').isSuperuser).toBe(true)
    expect(principals.principal('bob').isSuperuser).toBe(true)
    expect(principals.principal('alice').isSuperuser).toBe(false)
  })

  it('that the system does not know belong to no group', async () => {
    const principals = await open(files)
    expect(principals.principal('nobody-here')).toEqual({
      user: 'nobody-here',
      groups: [],
      isSuperuser: false,
    })
  })

  it('keep what was known when the files cannot be read again', async () => {
    let isReadable = true
    const principals = await open((path) =>
      isReadable ? files(path) : Promise.reject(new Error('gone')),
    )
    isReadable = false
    await principals.refresh()
    expect(principals.groupsOf('alice')).toEqual(['staff', 'admins'])
  })

  it('of the static list have exactly the groups that it names', async () => {
    const staticGroups = 'alice=supergroup, staff;dr.who=; '
    const principals = await open(files, { staticGroups })
    expect(principals.groupsOf('alice')).toEqual(['supergroup', 'staff'])
    expect(principals.principal('alice').isSuperuser).toBe(true)
    expect(principals.groupsOf('dr.who')).toEqual([])
    expect(principals.groupsOf('bob')).toEqual(['admins', 'supergroup'])
    principals.settings = { ...principals.settings, staticGroups: 'alice=' }
    expect(principals.groupsOf('alice')).toEqual([])
  })
})

describe('groups that a command tells', () => {
  it('are asked for once, before the first call, and again when told to', async () => {
    const asked: (readonly string[])[] = []
    let answer = 'staff admins\n'
    const command = '/bin/groups-of --user={user} -v'
    const principals = await open(files, { command }, async (program, args) => {
      asked.push([program, ...args])
      return answer
    })
    await Promise.all([principals.know('alice'), principals.know('alice')])
    expect(principals.groupsOf('alice')).toEqual(['staff', 'admins'])
    expect(principals.know('alice')).toBeUndefined()
    expect(asked).toEqual([['/bin/groups-of', '--user=alice', '-v']])
    answer = 'staff'
    await principals.refresh()
    expect(principals.groupsOf('alice')).toEqual(['staff'])
  })

  it('are none for a name that could be more than a name, and nothing is run for it', async () => {
    const principals = await open(files, { command: '/bin/groups-of' }, () => {
      throw new Error('a program was run')
    })
    for (const user of ['-rf', 'a b', '$(reboot)', '', '../x']) {
      expect(principals.know(user)).toBeUndefined()
      expect(principals.groupsOf(user)).toEqual([])
    }
  })

  it('stay what they were while the command fails', async () => {
    let fails = false
    const principals = await open(files, { command: '/bin/groups-of' }, async () => {
      if (fails) throw new Error('no answer')
      return 'staff'
    })
    await principals.know('alice')
    fails = true
    await principals.refresh()
    expect(principals.groupsOf('alice')).toEqual(['staff'])
    await principals.know('nobody')
    expect(principals.groupsOf('nobody')).toEqual([])
  })
})
