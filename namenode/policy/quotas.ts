/**
 * Limits on the names and the space below a directory: what they are, when they are exceeded, and the words for it
 * (protocol reference 2.5). Finding the directories that have some is the caller's work.
 */
import { DfsError } from '../../shared/errors.js'
import { QUOTA_STORAGE_TYPES, type QuotaStorageType } from '../../shared/quota-types.js'
import type { TypeSpace } from './type-usage.js'

export interface Quota {
  /** Files and directories, the directory itself counted; undefined: no limit. */
  readonly names: number | undefined
  /** Bytes of all replicas. */
  readonly spaceBytes: number | undefined
  readonly typeSpaceBytes: TypeSpace
}

export const NO_QUOTA: Quota = { names: undefined, spaceBytes: undefined, typeSpaceBytes: {} }

/** A new value, none any more, or the old one. */
export type QuotaValue = number | 'clear' | 'keep'

export interface QuotaRequest {
  readonly names: QuotaValue
  readonly spaceBytes: QuotaValue
  /** Makes `spaceBytes` the limit for one type of storage. */
  readonly storageType?: QuotaStorageType | undefined
}

/** What hangs below a directory, or is about to. */
export interface QuotaUsage {
  readonly names: number
  readonly spaceBytes: number
  readonly typeSpaceBytes: TypeSpace
}

/** @throws JAVA_ILLEGAL_ARGUMENT for numbers that are no limit */
export function changedQuota(
  quota: Quota,
  { names, spaceBytes, storageType }: QuotaRequest,
): Quota {
  if (isNegative(names) || isNegative(spaceBytes)) {
    const text = `Illegal value for nsQuota or ssQuota : ${javaValue(names)} and ${javaValue(spaceBytes)}`
    throw new DfsError('JAVA_ILLEGAL_ARGUMENT', text)
  }
  if (storageType === undefined) {
    return {
      names: changedValue(quota.names, names),
      spaceBytes: changedValue(quota.spaceBytes, spaceBytes),
      typeSpaceBytes: quota.typeSpaceBytes,
    }
  }
  if (names !== 'keep') {
    throw new DfsError(
      'UNSUPPORTED_ACTION',
      'Failed to set quota by storage type because either' +
        'dfs.quota.by.storage.type.enabled is set to true or nsQuota value is illegal ' +
        javaValue(names),
    )
  }
  const { [storageType]: old, ...others } = quota.typeSpaceBytes
  const limit = changedValue(old, spaceBytes)
  return {
    ...quota,
    typeSpaceBytes: limit === undefined ? others : { ...others, [storageType]: limit },
  }
}

/** Whether there is any limit at all. */
export const isLimited = ({ names, spaceBytes, typeSpaceBytes }: Quota): boolean =>
  names !== undefined || spaceBytes !== undefined || Object.keys(typeSpaceBytes).length > 0

/**
 * @param directory path, for the message
 * @param added what a change adds; names are added one by one, so that the message tells the first that is too many
 * @throws NS_QUOTA_EXCEEDED, DS_QUOTA_EXCEEDED, TYPE_QUOTA_EXCEEDED; never for a change that adds nothing of the kind
 */
export function checkQuota(
  directory: string,
  quota: Quota,
  used: QuotaUsage,
  added: QuotaUsage & { readonly isOneByOne: boolean },
): void {
  if (isExceeded(quota.names, used.names, added.names)) {
    const first = Math.max(quota.names ?? 0, used.names) + 1
    const count = added.isOneByOne ? first : used.names + added.names
    throw new DfsError(
      'NS_QUOTA_EXCEEDED',
      `The NameSpace quota (directories and files) of directory ${directory} is exceeded: ` +
        `quota=${quota.names} file count=${count}`,
    )
  }
  const space = used.spaceBytes + added.spaceBytes
  if (isExceeded(quota.spaceBytes, used.spaceBytes, added.spaceBytes)) {
    const limit = quota.spaceBytes ?? 0
    throw new DfsError(
      'DS_QUOTA_EXCEEDED',
      `The DiskSpace quota of ${directory} is exceeded: quota = ${limit} B = ${binaryPrefix(limit)} ` +
        `but diskspace consumed = ${space} B = ${binaryPrefix(space)}`,
    )
  }
  for (const type of QUOTA_STORAGE_TYPES) {
    const limit = quota.typeSpaceBytes[type]
    const usedOfType = used.typeSpaceBytes[type] ?? 0
    const addedOfType = added.typeSpaceBytes[type] ?? 0
    if (limit === undefined || !isExceeded(limit, usedOfType, addedOfType)) continue
    throw new DfsError(
      'TYPE_QUOTA_EXCEEDED',
      `Quota by storage type : ${type} on path : ${directory} is exceeded. ` +
        `quota = ${binaryPrefix(limit)} but space consumed = ${binaryPrefix(usedOfType + addedOfType)}`,
    )
  }
}

/** `3 MB`, `3.00 MB` when it is not exact, `512 B`: as Hadoop's messages have sizes. */
export function binaryPrefix(bytes: number): string {
  const power = Math.min(6, Math.floor(Math.log2(Math.max(1, bytes)) / 10))
  if (power === 0) return `${bytes} B`
  const value = bytes / 1024 ** power
  const unit = ` ${'KMGTPE'[power - 1]}B`
  if (Number.isInteger(value)) return `${value}${unit}`
  const text = value.toFixed(2)
  return text === '1024.00' && power < 6 ? `1.00 ${'KMGTPE'[power]}B` : text + unit
}

const isExceeded = (limit: number | undefined, used: number, added: number): boolean =>
  limit !== undefined && added > 0 && used + added > limit

const isNegative = (value: QuotaValue): boolean => typeof value === 'number' && value < 0

const changedValue = (old: number | undefined, value: QuotaValue): number | undefined =>
  value === 'keep' ? old : value === 'clear' ? undefined : value

const javaValue = (value: QuotaValue): string =>
  value === 'keep' ? '9223372036854775807' : value === 'clear' ? '-1' : `${value}`
