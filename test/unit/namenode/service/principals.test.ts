import { describe, expect, it } from 'vitest'
import { Principals, parseGroups } from '../../../../namenode/service/principals.js'
import { systemClock } from '../../../../shared/clock.js'
import { silentLog } from '../../../../shared/log.js'

const PASSWD =
  'root:x:0:0:root:/root:/bin/sh\nalice:x:1000:1000::/home/alice:/bin/sh\n#bob:x:1:0::\n\n'
const GROUP = 'root:x:0:\nstaff:x:1000:\nadmins:x:50:alice,bob\nsupergroup:x:60:bob\n'

const open = (readSystemFile: (path: string) => Promise<string>) =>
  Principals.open({
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
})
