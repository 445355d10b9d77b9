/** The settings of a datanode that change while it runs (`dfsadmin -reconfig datanode`). */
import type { LiveSetting } from '../shared/config/reconfiguration.js'
import type { ByteThrottle } from './policy/byte-throttle.js'

export interface LiveParts {
  readonly copyThrottle: ByteThrottle
  readonly scrubbers: readonly { bytesPerSecond: number }[]
  readonly server: { maxTransfers: number }
}

export function liveSettings({ copyThrottle, scrubbers, server }: LiveParts): LiveSetting[] {
  return [
    {
      key: 'datanode.copy-rate',
      current: () => copyThrottle.bytesPerSecond,
      apply: (values) => {
        copyThrottle.bytesPerSecond = values['datanode.copy-rate']
      },
    },
    {
      key: 'datanode.scrub-rate',
      current: () => scrubbers[0]?.bytesPerSecond ?? 0,
      apply: (values) => {
        for (const it of scrubbers) it.bytesPerSecond = values['datanode.scrub-rate']
      },
    },
    {
      key: 'datanode.max-transfers',
      current: () => server.maxTransfers,
      apply: (values) => {
        server.maxTransfers = values['datanode.max-transfers']
      },
    },
  ]
}
