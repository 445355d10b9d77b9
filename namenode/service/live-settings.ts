/** The settings of a namenode that change while it runs (`dfsadmin -reconfig namenode`). */
import type { LiveSetting } from '../../shared/config/reconfiguration.js'
import { type GroupSettings, groupSettings } from '../config.js'
import type { Principals } from './access/principals.js'

export interface LiveParts {
  readonly principals: Principals
  readonly access: { proxyUsers: readonly string[] }
  readonly copies: { streamsPerNode: number }
}

export function liveSettings({ principals, access, copies }: LiveParts): LiveSetting[] {
  const group = (key: LiveSetting['key'], name: keyof GroupSettings): LiveSetting => ({
    key,
    current: () => principals.settings[name],
    apply: (values) => {
      principals.settings = { ...principals.settings, [name]: groupSettings(values)[name] }
    },
  })
  return [
    group('permission.static-groups', 'staticGroups'),
    group('permission.groups-command', 'command'),
    group('permission.groups-timeout', 'timeoutMs'),
    group('permission.groups-cache', 'cacheMs'),
    {
      key: 'permission.proxy-users',
      current: () => access.proxyUsers,
      apply: (values) => {
        access.proxyUsers = values['permission.proxy-users']
      },
    },
    {
      key: 'replication.streams-per-node',
      current: () => copies.streamsPerNode,
      apply: (values) => {
        copies.streamsPerNode = values['replication.streams-per-node']
      },
    },
  ]
}
