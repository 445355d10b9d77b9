/**
 * When which replica is verified. A pass goes through all replicas in order of block id, which is the order in which
 * the last pass verified them: oldest first, with one number to remember. It is spread over most of the period, so
 * that the load is even, and leaves the rest of it for what came late.
 */

export interface ScrubCursor {
  /** The last block verified in this pass; 0 at its start. */
  readonly afterId: number
  readonly passStartedWallMs: number
  /** Bytes verified in this pass. */
  readonly doneBytes: number
}

export const FRESH_CURSOR: ScrubCursor = { afterId: 0, passStartedWallMs: 0, doneBytes: 0 }

/** Share of the period that a pass takes. */
const PASS_SHARE = 0.8

/**
 * How long to wait before the next replica; 0: now.
 * @param totalBytes of all replicas, at this moment
 */
export function scrubDelayMs(
  cursor: ScrubCursor,
  totalBytes: number,
  periodMs: number,
  nowWallMs: number,
): number {
  const elapsedMs = nowWallMs - cursor.passStartedWallMs
  // A clock that was put back must not stop the scrubber: the pass counts from now on.
  if (elapsedMs < 0) return 0
  const share = totalBytes === 0 ? 1 : Math.min(1, cursor.doneBytes / totalBytes)
  return Math.max(0, share * PASS_SHARE * periodMs - elapsedMs)
}

/** The first `limit` ids above the cursor, in order; none when the pass is over. */
export function nextInPass(ids: readonly number[], afterId: number, limit: number): number[] {
  return ids
    .filter((id) => id > afterId)
    .sort((a, b) => a - b)
    .slice(0, limit)
}
