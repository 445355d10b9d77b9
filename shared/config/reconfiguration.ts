/**
 * Settings that change while a server runs, as `dfsadmin -reconfig` asks for it: the sources of the settings are read
 * again, and those of the changed values that can change live are applied. Everything else waits for a restart, which
 * is no failure: it is simply not named.
 */
import type { Clock } from '../clock.js'
import { DfsError, toDfsError } from '../errors.js'
import type { Log } from '../log.js'
import { SETTINGS, type SettingKey, type SettingValues } from './settings.js'

/** A setting that can change live, and who is to be told. */
export interface LiveSetting {
  readonly key: SettingKey
  /** The value in effect. */
  readonly current: () => SettingValues[SettingKey]
  /** @throws when the value cannot be used; the old one stays then */
  readonly apply: (values: SettingValues) => void
}

export interface ReconfigurationChange {
  readonly key: SettingKey
  readonly from: string
  readonly to: string
  /** Why it was not applied. */
  readonly failure: string | undefined
}

export interface ReconfigurationStatus {
  /** Wall time; 0 before the first. */
  readonly startedMs: number
  readonly endedMs: number
  readonly changes: readonly ReconfigurationChange[]
}

export interface ReconfigurationOptions {
  readonly clock: Pick<Clock, 'wallMs'>
  readonly log: Log
  /** Reads all sources again; undefined for a server that was given its settings by a program. */
  readonly reload: (() => SettingValues) | undefined
  readonly live: readonly LiveSetting[]
}

export class Reconfiguration {
  readonly #options: ReconfigurationOptions
  #status: ReconfigurationStatus = { startedMs: 0, endedMs: 0, changes: [] }

  constructor(options: ReconfigurationOptions) {
    this.#options = options
  }

  /** Keys of the settings that can change live. */
  get properties(): readonly SettingKey[] {
    return this.#options.live.map(({ key }) => key)
  }

  /** Of the last run. */
  get status(): ReconfigurationStatus {
    return this.#status
  }

  /**
   * Reads the settings and applies what has changed.
   * @throws DfsError CONFIGURATION when they cannot be read: nothing has changed then
   */
  run(): void {
    const { clock, reload } = this.#options
    if (reload === undefined) {
      throw new DfsError('CONFIGURATION', 'this server has no files of settings to read again')
    }
    const startedMs = clock.wallMs()
    const changes = this.#apply(reload(), () => true)
    this.#status = { startedMs, endedMs: clock.wallMs(), changes }
  }

  /**
   * As `run` for some settings; a server without files of settings keeps what it has.
   * @throws DfsError CONFIGURATION when they cannot be read, or not be applied
   */
  refresh(...keys: readonly SettingKey[]): void {
    const { reload } = this.#options
    if (reload === undefined) return
    const changes = this.#apply(reload(), (key) => keys.includes(key))
    const failures = changes.flatMap(({ key, failure }) =>
      failure === undefined ? [] : [`${key}: ${failure}`],
    )
    if (failures.length > 0) throw new DfsError('CONFIGURATION', failures.join('\n'))
  }

  #apply(values: SettingValues, isWanted: (key: SettingKey) => boolean): ReconfigurationChange[] {
    const { log, live } = this.#options
    const changes: ReconfigurationChange[] = []
    for (const setting of live.filter(({ key }) => isWanted(key))) {
      const from = written(setting.key, setting.current())
      const to = written(setting.key, values[setting.key])
      if (from === to) continue
      const failure = failureOf(() => setting.apply(values))
      changes.push({ key: setting.key, from, to, failure })
      if (failure === undefined) log.info({ setting: setting.key, from, to }, 'setting changed')
      else log.warn({ setting: setting.key, from, to, failure }, 'setting stays as it was')
    }
    return changes
  }
}

function failureOf(work: () => void): string | undefined {
  try {
    work()
    return undefined
  } catch (error) {
    return toDfsError(error).message
  }
}

/** As it would be written in a file. */
function written(key: SettingKey, value: SettingValues[SettingKey]): string {
  const { format }: { format: (value: never) => string } = SETTINGS[key]
  return format(value as never)
}
