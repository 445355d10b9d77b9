/** Modes of `chmod`: three or four octal digits, or symbols (`u=rwx,g-w,+X,a+t`). No umask is applied, as in Hadoop. */
import { DfsError } from '../shared/errors.js'

type ModeChange = (status: { readonly permission: number; readonly isDirectory: boolean }) => number

const CLAUSE = /^([ugoa]*)((?:[-+=][rwxXt]*)+)$/
const ACTION = /([-+=])([rwxXt]*)/g
const SHIFTS: Readonly<Record<string, readonly number[]>> = { u: [6], g: [3], o: [0], a: [6, 3, 0] }
const STICKY = 0o1000

/**
 * Reads a mode; the result tells the new permission of a file.
 * @throws DfsError USAGE
 */
export function parseMode(text: string): ModeChange {
  if (/^[01]?[0-7]{3}$/.test(text)) {
    const permission = Number.parseInt(text, 8)
    // Three digits leave the sticky bit alone.
    return (status) => (text.length === 4 ? permission : permission | (status.permission & STICKY))
  }
  const clauses = text.split(',').map((clause) => CLAUSE.exec(clause))
  if (clauses.some((clause) => clause === null)) {
    throw new DfsError('USAGE', `mode '${text}' does not match the expected pattern.`)
  }
  return (status) => {
    let { permission } = status
    for (const clause of clauses) {
      const [, who = '', actions = ''] = clause ?? []
      for (const [, operator = '', letters = ''] of actions.matchAll(ACTION)) {
        permission = applyAction(permission, { who, operator, letters }, status.isDirectory)
      }
    }
    return permission
  }
}

function applyAction(
  permission: number,
  action: { readonly who: string; readonly operator: string; readonly letters: string },
  isDirectory: boolean,
): number {
  const { who, operator, letters } = action
  const affected = [...(who === '' ? 'a' : who)].flatMap((letter) => SHIFTS[letter] ?? [])
  // X: execute for directories, and for files that somebody may execute already.
  const mayExecute = isDirectory || (permission & 0o111) !== 0
  let bits = 0
  if (letters.includes('r')) bits |= 4
  if (letters.includes('w')) bits |= 2
  if (letters.includes('x') || (letters.includes('X') && mayExecute)) bits |= 1
  let mask = affected.reduce((all, shift) => all | (bits << shift), 0)
  if (letters.includes('t')) mask |= STICKY
  if (operator === '+') return permission | mask
  if (operator === '-') return permission & ~mask
  const cleared = affected.reduce((all, shift) => all | (7 << shift), 0)
  return (permission & ~cleared) | mask
}
