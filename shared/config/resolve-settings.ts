/** Joins defaults, file, environment and flags (the later wins) into one checked set of values with their origins. */
import { isIP } from 'node:net'
import { resolve } from 'node:path'
import { DfsError } from '../errors.js'
import { formatDuration, formatSize } from './quantities.js'
import { type Setting, UnusableValue } from './setting.js'
import { SETTING_KEYS, SETTINGS, type SettingKey, type SettingValues } from './settings.js'
import type { Assignment, Problem, Source } from './sources.js'
import { suggest } from './suggest.js'

export interface Settings {
  readonly values: SettingValues
  /** Where the value was set; `default` when nobody did. */
  readonly origin: (key: SettingKey) => string
}

/** The bytes-per-checksum of every client in the field; a block must hold whole chunks. */
const CHECKSUM_CHUNK_BYTES = 512

/**
 * @param sources in order of precedence, the last wins
 * @param folder what the relative paths of defaults start from
 * @throws DfsError CONFIGURATION with one line for each problem, all of them at once
 */
export function resolveSettings(sources: readonly Source[], folder: string): Settings {
  const problems: Problem[] = sources.flatMap((source) => source.problems)
  const values: Record<string, unknown> = {}
  const origins = new Map<SettingKey, string>()
  for (const key of SETTING_KEYS) {
    values[key] = absolute(SETTINGS[key], SETTINGS[key].defaultValue, folder)
  }
  for (const assignment of sources.flatMap((source) => source.assignments)) {
    const known = lookUp(assignment.key)
    if (known === undefined) {
      problems.push(unknownKey(assignment))
      continue
    }
    const definition: Setting<unknown> = SETTINGS[known.key]
    try {
      const value = definition.parse(assignment.text.trim(), known.isHdfsName)
      values[known.key] = absolute(definition, value, assignment.folder)
      origins.set(known.key, assignment.origin)
    } catch (error) {
      if (!(error instanceof UnusableValue)) throw error
      const shown = definition.isSecret ? '' : `, not '${assignment.text}'`
      problems.push(`${assignment.origin}: ${assignment.key} ${error.message}${shown}`)
    }
  }
  const origin = (key: SettingKey) => origins.get(key) ?? 'default'
  if (problems.length === 0) followChosen(values, origins)
  const complete = Object.freeze(values) as SettingValues
  if (problems.length === 0) problems.push(...contradictions(complete, origin))
  if (problems.length > 0) throw new DfsError('CONFIGURATION', problems.join('\n'))
  return { values: complete, origin }
}

const KEY_BY_HDFS_NAME: ReadonlyMap<string, SettingKey> = new Map(
  SETTING_KEYS.flatMap((key) => {
    const { hdfsName } = SETTINGS[key]
    return hdfsName === undefined ? [] : [[hdfsName, key] as const]
  }),
)

function lookUp(key: string): { key: SettingKey; isHdfsName: boolean } | undefined {
  const own = SETTING_KEYS.find((candidate) => candidate === key)
  if (own !== undefined) return { key: own, isHdfsName: false }
  const byHdfsName = KEY_BY_HDFS_NAME.get(key)
  return byHdfsName === undefined ? undefined : { key: byHdfsName, isHdfsName: true }
}

function unknownKey({ key, origin }: Assignment): Problem {
  const near = suggest(key, [...SETTING_KEYS, ...KEY_BY_HDFS_NAME.keys()])
  const hint = near === undefined ? 'dfs config lists all settings' : `did you mean ${near}?`
  return `${origin}: unknown setting ${key}; ${hint}`
}

/** Paths become absolute once, here: a process must not care which folder it was started in. */
function absolute(definition: Setting<unknown>, value: unknown, folder: string): unknown {
  if (!definition.isPath) return value
  if (Array.isArray(value)) return value.map((item) => absolutePath(String(item), folder))
  return absolutePath(String(value), folder)
}

function absolutePath(path: string, folder: string): string {
  const [, label = '', rest = path] = /^(\[[A-Z_]+\])(.*)$/s.exec(path) ?? []
  return `${label}${resolve(folder, rest)}`
}

/**
 * A default gives way to what somebody chose: with `block.size: 64KiB` alone, the smallest block is 64 KiB too. Only
 * two values that were both chosen can contradict each other.
 */
function followChosen(values: Record<string, unknown>, origins: Map<SettingKey, string>): void {
  const follow = (key: SettingKey, leader: SettingKey, limit: (chosen: number) => number) => {
    if (origins.has(key) || !origins.has(leader)) return
    const most = limit(Number(values[leader]))
    if (Number(values[key]) <= most) return
    values[key] = most
    origins.set(key, `follows ${leader}`)
  }
  const quarter = (milliseconds: number) => Math.max(1, Math.floor(milliseconds / 4))
  follow('block.min-size', 'block.size', (bytes) => bytes)
  follow('replication.minimum', 'replication.target', (replicas) => replicas)
  follow('replication.target', 'replication.maximum', (replicas) => replicas)
  follow('liveness.stale-after', 'liveness.dead-after', quarter)
  follow('heartbeat.interval', 'liveness.stale-after', quarter)
  follow('lease.soft-limit', 'lease.hard-limit', quarter)
  if (!origins.has('cluster.token-file') && origins.has('namenode.data-folder')) {
    values['cluster.token-file'] = resolve(String(values['namenode.data-folder']), 'cluster-token')
    origins.set('cluster.token-file', 'follows namenode.data-folder')
  }
}

/** Values that are fine alone and impossible together. */
function contradictions(
  values: SettingValues,
  origin: (key: SettingKey) => string,
): readonly Problem[] {
  const problems: Problem[] = []
  const mustBeLess = (
    low: SettingKey,
    high: SettingKey,
    format: (value: number) => string,
    orEqual = false,
  ) => {
    const [a, b] = [Number(values[low]), Number(values[high])]
    if (a < b || (orEqual && a === b)) return
    const relation = orEqual ? 'must not be more than' : 'must be less than'
    const text = `${low} (${format(a)}) ${relation} ${high} (${format(b)})`
    problems.push(`${origin(origin(low) === 'default' ? high : low)}: ${text}`)
  }
  mustBeLess('heartbeat.interval', 'liveness.stale-after', formatDuration)
  mustBeLess('liveness.stale-after', 'liveness.dead-after', formatDuration)
  mustBeLess('lease.soft-limit', 'lease.hard-limit', formatDuration)
  mustBeLess('block.min-size', 'block.size', formatSize, true)
  mustBeLess('replication.minimum', 'replication.target', String, true)
  mustBeLess('replication.target', 'replication.maximum', String, true)
  if (values['block.size'] % CHECKSUM_CHUNK_BYTES !== 0) {
    problems.push(
      `${origin('block.size')}: block.size must be a multiple of ${CHECKSUM_CHUNK_BYTES} bytes`,
    )
  }
  return [...problems, ...equalPorts(values, origin), ...unsafeBind(values, origin)]
}

function equalPorts(values: SettingValues, origin: (key: SettingKey) => string): Problem[] {
  const groups: readonly (readonly SettingKey[])[] = [
    ['namenode.rpc-port', 'namenode.http-port'],
    ['datanode.transfer-port', 'datanode.http-port', 'datanode.ipc-port'],
  ]
  return groups.flatMap((keys) =>
    keys.flatMap((key, index) => {
      const twin = keys.slice(0, index).find((other) => values[other] === values[key])
      return twin === undefined || values[key] === 0
        ? []
        : [`${origin(key)}: ${key} and ${twin} cannot both be ${values[key]}`]
    }),
  )
}

function unsafeBind(values: SettingValues, origin: (key: SettingKey) => string): Problem[] {
  const host = values['network.bind-host']
  if (isLoopback(host) || values['network.allow-unauthenticated']) return []
  return [
    `${origin('network.bind-host')}: network.bind-host ${host} opens the cluster to other machines, ` +
      'and nothing proves who a caller is yet: anyone who reaches the port may read and delete every file. ' +
      'In a network that you trust, set network.allow-unauthenticated to true',
  ]
}

/** Whether only this machine can reach a server that listens on `host`. */
export function isLoopback(host: string): boolean {
  if (isIP(host) === 4) return host.startsWith('127.')
  return host === 'localhost' || host === '::1'
}
