import { describe, expect, it } from 'vitest'
import { Reconfiguration } from '../../../../shared/config/reconfiguration.js'
import { SETTINGS, type SettingValues } from '../../../../shared/config/settings.js'
import { silentLog } from '../../../../shared/log.js'

function values(change: Partial<SettingValues>): SettingValues {
  const defaults = Object.entries(SETTINGS).map(([key, it]) => [key, it.defaultValue])
  return { ...Object.fromEntries(defaults), ...change }
}

/** A server whose copy rate and scrub rate change live. */
function server(reload: (() => SettingValues) | undefined) {
  const rates = { copy: 1024, scrub: 4096 }
  let nowMs = 1000
  const reconfiguration = new Reconfiguration({
    clock: { wallMs: () => (nowMs += 1) },
    log: silentLog,
    reload,
    live: [
      {
        key: 'datanode.copy-rate',
        current: () => rates.copy,
        apply: (read) => {
          rates.copy = read['datanode.copy-rate']
        },
      },
      {
        key: 'datanode.scrub-rate',
        current: () => rates.scrub,
        apply: () => {
          throw new Error('not now')
        },
      },
    ],
  })
  return { rates, reconfiguration }
}

describe('settings that change while a server runs', () => {
  it('are applied and told, with what could not be', () => {
    const read = values({ 'datanode.copy-rate': 2048, 'datanode.scrub-rate': 8192 })
    const { rates, reconfiguration } = server(() => read)
    expect(reconfiguration.status).toEqual({ startedMs: 0, endedMs: 0, changes: [] })
    reconfiguration.run()
    expect(rates).toEqual({ copy: 2048, scrub: 4096 })
    expect(reconfiguration.status).toMatchObject({
      startedMs: 1001,
      endedMs: 1002,
      changes: [
        { key: 'datanode.copy-rate', failure: undefined },
        { key: 'datanode.scrub-rate', failure: 'not now' },
      ],
    })
    reconfiguration.run()
    expect(reconfiguration.status.changes.map(({ key }) => key)).toEqual(['datanode.scrub-rate'])
  })

  it('stay when their sources cannot be read, or are not there', () => {
    const broken = server(() => {
      throw new Error('unreadable')
    })
    expect(() => broken.reconfiguration.run()).toThrow('unreadable')
    expect(broken.rates.copy).toBe(1024)
    const without = server(undefined)
    expect(() => without.reconfiguration.run()).toThrow('no files of settings')
    without.reconfiguration.refresh('datanode.copy-rate')
    expect(without.rates.copy).toBe(1024)
  })

  it('can be refreshed one by one', () => {
    const { rates, reconfiguration } = server(() =>
      values({ 'datanode.copy-rate': 2048, 'datanode.scrub-rate': 4096 }),
    )
    reconfiguration.refresh('datanode.scrub-rate')
    expect(rates.copy).toBe(1024)
    reconfiguration.refresh('datanode.copy-rate')
    expect(rates.copy).toBe(2048)
  })

  it('are not said to be refreshed when they could not be applied', () => {
    const { reconfiguration } = server(() => values({ 'datanode.scrub-rate': 8192 }))
    expect(() => reconfiguration.refresh('datanode.scrub-rate')).toThrow(
      'datanode.scrub-rate: not now',
    )
  })
})
