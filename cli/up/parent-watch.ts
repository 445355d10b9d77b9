/**
 * Whether and when the end of the process that started `dfs up` is its end as well. A test harness or an editor that is
 * killed tells nobody; whoever means a cluster to stay says so by the means of the system: a service manager, `nohup`,
 * `setsid`, a job of a shell at a terminal (which is told by the terminal when it closes).
 */
import { readFileSync } from 'node:fs'
import type { Clock } from '../../shared/clock.js'

/** How a process stands to others: fields of `/proc/self/stat`; undefined where there is none. */
export interface Standing {
  readonly pid: number
  /** The process that started this one; it may be gone. */
  readonly parentPid: number
  readonly processGroup: number | undefined
  readonly session: number | undefined
  readonly hasTerminal: boolean
  /** Started under `nohup`. */
  readonly ignoresHangup: boolean
}

const CHECK_EVERY_MS = 250
/** Behind the name of the program, which may have spaces and brackets: state, parent, group, session, terminal. */
const FIELDS_AFTER_NAME = /^.*\) \S+ (\d+) (\d+) (\d+) (-?\d+)/s

/** Of bin/dfs: its process id, which Node keeps, and that of its parent. */
const STARTED_BY = /^(\d+):(\d+)$/

/**
 * @param environment what bin/dfs has left in it: Node forgets which signals it was to ignore, and a parent that is gone
 *   before Node can ask is not known to it
 */
export function ownStanding(environment: Readonly<Record<string, string | undefined>>): Standing {
  const { pid } = process
  const parentPid = firstParent(environment['DFS_STARTED_BY'], pid) ?? process.ppid
  const ignoresHangup = environment['DFS_IGNORES_HANGUP'] !== undefined
  const [, , processGroup, session, terminal] = FIELDS_AFTER_NAME.exec(readStat()) ?? []
  return {
    pid,
    parentPid,
    processGroup: processGroup === undefined ? undefined : Number(processGroup),
    session: session === undefined ? undefined : Number(session),
    hasTerminal: terminal !== undefined && terminal !== '0',
    ignoresHangup,
  }
}

/** undefined when this process did not begin as bin/dfs: what an outer one has left is not about this one. */
export function firstParent(startedBy: string | undefined, pid: number): number | undefined {
  const [, own, parent] = STARTED_BY.exec(startedBy ?? '') ?? []
  return Number(own) === pid ? Number(parent) : undefined
}

function readStat(): string {
  try {
    return readFileSync('/proc/self/stat', 'utf8')
  } catch {
    // No Linux: what cannot be known is not assumed.
    return ''
  }
}

/** Whether it ends with its parent. */
export function endsWithParent(standing: Standing): boolean {
  const { pid, parentPid, processGroup, session, hasTerminal, ignoresHangup } = standing
  // 0: of another container; 1: init, or whoever stands for it.
  const hasParent = parentPid > 1
  const isDetached = ignoresHangup || session === pid
  const isJobOfShell = hasTerminal && processGroup === pid
  return hasParent && !isDetached && !isJobOfShell
}

/**
 * Resolves when another process has become the parent; never when the signal aborts first.
 * @param first the parent as `endsWithParent` was told of it
 * @param parentPid the parent now
 */
export async function parentGone(
  clock: Clock,
  first: number,
  parentPid: () => number,
  signal: AbortSignal,
): Promise<void> {
  return await new Promise((resolve) => {
    let cancel = () => {}
    const check = () => {
      if (parentPid() !== first) resolve()
      else cancel = clock.after(CHECK_EVERY_MS, check)
    }
    signal.addEventListener('abort', () => cancel(), { once: true })
    check()
  })
}
