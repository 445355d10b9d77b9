/** What became of a change of settings in a running server. */
import type { Decoded } from '../hadoop/message.js'
import type { RECONFIGURATION_PROTOCOL } from '../hadoop/schema/reconfiguration.js'

export interface ReconfigurationReport {
  /** Wall time; undefined before the first. */
  readonly startedMs: number | undefined
  /** undefined while it runs. */
  readonly endedMs: number | undefined
  readonly changes: readonly {
    readonly setting: string
    readonly from: string
    readonly to: string | undefined
    /** Why it was not applied. */
    readonly failure: string | undefined
  }[]
}

export function reconfigurationReport(
  status: Decoded<typeof RECONFIGURATION_PROTOCOL.getReconfigurationStatus.response>,
): ReconfigurationReport {
  return {
    startedMs: status.startTime > 0 ? status.startTime : undefined,
    endedMs: status.endTime,
    changes: status.changes.map(({ name, oldValue, newValue, errorMessage }) => ({
      setting: name,
      from: oldValue,
      to: newValue,
      failure: errorMessage,
    })),
  }
}
