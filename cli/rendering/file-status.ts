/** A file's particulars as text: permission letters, times, the lines of `ls`, the JSON of `--json`. */
import type { FileStatus } from '../../shared/client/file-status.js'
import type { PathItem } from '../path-items.js'

/** `rwxr-xr-x`; with the sticky bit the last letter is `t`, or `T` when others may not execute. */
export function permissionText(permission: number): string {
  let text = ''
  for (let shift = 6; shift >= 0; shift -= 3) {
    const bits = permission >> shift
    text += `${(bits & 4) === 0 ? '-' : 'r'}${(bits & 2) === 0 ? '-' : 'w'}${(bits & 1) === 0 ? '-' : 'x'}`
  }
  if ((permission & 0o1000) === 0) return text
  return `${text.slice(0, -1)}${(permission & 1) === 0 ? 'T' : 't'}`
}

/** `drwxr-xr-x`. */
export const modeText = (status: Pick<FileStatus, 'kind' | 'permission'>): string =>
  `${status.kind === 'directory' ? 'd' : '-'}${permissionText(status.permission)}`

/** A server stores whatever number it is told; JavaScript's calendar ends earlier than that. */
const UNPRINTABLE_TIME = '????-??-?? ??:??'

const two = (value: number): string => `${value}`.padStart(2, '0')

/** `2026-11-21 14:05` in local time, as `ls` shows it. */
export function localMinute(timeMs: number): string {
  const time = new Date(timeMs)
  if (Number.isNaN(time.getTime())) return UNPRINTABLE_TIME
  const day = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`
  return `${day} ${two(time.getHours())}:${two(time.getMinutes())}`
}

/** `2026-11-21 14:05:09` in UTC, as `stat %y` shows it. */
export function utcSecond(timeMs: number): string {
  const time = new Date(timeMs)
  if (Number.isNaN(time.getTime())) return UNPRINTABLE_TIME
  return time.toISOString().slice(0, 19).replace('T', ' ')
}

/** The widths of the columns of `ls`; they only grow, from one directory to the next. */
export class LsColumns {
  #replication = 3
  #length = 10
  #owner = 0
  #group = 0

  fit(items: readonly PathItem[]): void {
    for (const { status } of items) {
      this.#replication = Math.max(this.#replication, `${status.replication}`.length)
      this.#length = Math.max(this.#length, `${status.lengthBytes}`.length)
      this.#owner = Math.max(this.#owner, status.owner.length)
      this.#group = Math.max(this.#group, status.group.length)
    }
  }

  /** @param display the path to show */
  line(
    { status }: PathItem,
    display: string,
    options: { readonly size: (bytes: number) => string; readonly useAccessTime: boolean },
  ): string {
    const replication = status.kind === 'directory' ? '-' : `${status.replication}`
    const time = options.useAccessTime ? status.accessTimeMs : status.modificationTimeMs
    return [
      modeText(status) + (status.hasAcl ? '+' : ' ') + replication.padStart(this.#replication),
      ...(this.#owner > 0 ? [status.owner.padEnd(this.#owner)] : []),
      ...(this.#group > 0 ? [status.group.padEnd(this.#group)] : []),
      options.size(status.lengthBytes).padStart(this.#length),
      localMinute(time),
      display,
    ].join(' ')
  }
}

/** What `--json` says of a file; times in milliseconds since 1970, sizes in bytes, the mode in octal. */
export const statusJson = (status: FileStatus) => ({
  path: status.path,
  name: status.name,
  kind: status.kind,
  lengthBytes: status.lengthBytes,
  mode: status.permission.toString(8).padStart(4, '0'),
  owner: status.owner,
  group: status.group,
  modificationTimeMs: status.modificationTimeMs,
  accessTimeMs: status.accessTimeMs,
  replication: status.replication,
  blockSizeBytes: status.blockSizeBytes,
  fileId: status.fileId,
  ...(status.kind === 'directory' && status.childrenCount !== undefined
    ? { childrenCount: status.childrenCount }
    : {}),
})
