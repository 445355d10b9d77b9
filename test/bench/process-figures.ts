/** What processes have used, read from /proc (Linux). */
import { readFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'

/** The kernel's unit in /proc/<pid>/stat, the same on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100
const MIB = 1024 * 1024

/** Processor time of all processes together since they began, user and system, in seconds. */
export function cpuSeconds(pids: readonly number[]): number {
  let ticks = 0
  for (const pid of pids) {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The second field is a name in brackets, which may contain anything.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    ticks += Number(fields[11]) + Number(fields[12])
  }
  return ticks / TICKS_PER_SECOND
}

/** Resident memory of all processes together, in MiB; shared pages count for each. */
export function residentMib(pids: readonly number[]): number {
  let kib = 0
  for (const pid of pids) {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    kib += Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0)
  }
  return kib / 1024
}

export interface Machine {
  readonly processor: string
  readonly cores: number
  readonly memoryMib: number
  readonly node: string
  readonly kernel: string
}

export function describeMachine(): Machine {
  return {
    processor: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryMib: Math.round(totalmem() / MIB),
    node: process.version,
    kernel: readFileSync('/proc/sys/kernel/osrelease', 'utf8').trim(),
  }
}
