/**
 * Names of the trash's checkpoints, as Hadoop's TrashPolicyDefault makes and reads them: the local time at which
 * `Current` was put aside, as `yyMMddHHmmss`, with `-1`, `-2` and so on behind it when that name is taken.
 */

export const TRASH_FOLDER = '.Trash'
/** Where deleted things go first. */
export const CURRENT_TRASH = 'Current'
/** Names tried for one checkpoint: as many as Hadoop tries. */
export const CHECKPOINT_ATTEMPTS = 1000

const two = (value: number): string => String(value % 100).padStart(2, '0')

/** @param wallMs when it is made, ms since 1970 */
export function checkpointName(wallMs: number, attempt = 0): string {
  const time = new Date(wallMs)
  const parts = [
    time.getFullYear(),
    time.getMonth() + 1,
    time.getDate(),
    time.getHours(),
    time.getMinutes(),
    time.getSeconds(),
  ]
  return parts.map(two).join('') + (attempt === 0 ? '' : `-${attempt}`)
}

/** When a checkpoint was made, ms since 1970; undefined for a name that is none. Old clients left the seconds out. */
export function checkpointTimeMs(name: string): number | undefined {
  const match = /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?(-\d+)?$/.exec(name)
  if (match === null) return undefined
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = match
    .slice(1, 7)
    .map((it) => Number(it ?? 0))
  const time = new Date(2000 + year, month - 1, day, hour, minute, second)
  // The 31st of February is no date: somebody's own folder, which is left alone.
  const isDate = time.getMonth() === month - 1 && time.getDate() === day && hour < 24
  return isDate ? time.getTime() : undefined
}

/** Whether a checkpoint has been kept long enough. What is no checkpoint is never due. */
export function isCheckpointDue(name: string, wallMs: number, keepMs: number): boolean {
  const madeMs = checkpointTimeMs(name)
  return madeMs !== undefined && madeMs < wallMs - keepMs
}
