/**
 * When which replica is verified. The scrubber goes round and round through all replicas in order of block id, which is
 * the order in which the last pass verified them: oldest first, with little to remember. A pass takes four fifths of the
 * period, and less where that would be too late for some: replicas that come and go move the others within a pass.
 */

/** Replicas above `afterId`, up to where the next segment begins, were verified or came at `sinceWallMs` or later. */
export interface ScrubSegment {
  readonly afterId: number
  readonly sinceWallMs: number
}

export interface ScrubCursor {
  /** The last block verified in this pass; 0 at its start. */
  readonly afterId: number
  readonly passStartedWallMs: number
  /** Bytes verified in this pass. */
  readonly doneBytes: number
  /** Of this pass: holds up to `afterId`. Never empty. */
  readonly done: readonly ScrubSegment[]
  /** Of the last pass, and of what has come since: holds above `afterId`. Never empty. */
  readonly before: readonly ScrubSegment[]
  /** When the last verification was due, and what it cost (`scrubCostBytes`). */
  readonly lastWallMs: number
  readonly lastBytes: number
}

/** What is verified: a finalized replica. */
export interface ScrubReplica {
  readonly id: number
  readonly lengthBytes: number
}

export interface ScrubLimits {
  readonly periodMs: number
  /** 0 means no limit. */
  readonly bytesPerSecond: number
}

export interface ScrubPlan {
  /** How fast to verify; may be more than the rate allows, and is 0 when there is nothing. */
  readonly bytesPerMs: number
  /** By how much some replica misses its period if it goes on at the full rate; 0: none does. */
  readonly behindMs: number
  readonly cursor: ScrubCursor
}

/** Share of the period that a pass takes. */
const PASS_SHARE = 0.8
/** Share of the period after which a replica is to be verified in any case; the rest is for what nobody foresees. */
const DUE_SHARE = 0.9
/** Segments of a pass that takes one period. What is remembered of a replica is older than the truth by one at most. */
const SEGMENTS = 64
/** A pass that takes many periods remembers less well. */
const MAX_SEGMENTS = 256
/** Opening two files and reading a header, so that empty replicas do not come all at once. */
const OPENING_BYTES = 4096

/** What a verification counts as in the pace. */
export const scrubCostBytes = ({ lengthBytes }: ScrubReplica): number => lengthBytes + OPENING_BYTES

/** Nothing is known of earlier times, or nothing was there. */
export function firstPass(nowWallMs: number): ScrubCursor {
  const done = [{ afterId: 0, sinceWallMs: nowWallMs }]
  const pass = { afterId: 0, passStartedWallMs: nowWallMs, doneBytes: 0, done }
  return { ...pass, before: done, lastWallMs: nowWallMs, lastBytes: 0 }
}

/** The pass behind one that has come to its end. */
export function nextPass(cursor: ScrubCursor, nowWallMs: number): ScrubCursor {
  const { lastWallMs, lastBytes, done: before } = cursor
  return { ...firstPass(nowWallMs), before, lastWallMs, lastBytes }
}

/**
 * The cursor behind a replica that was verified.
 * @param startedWallMs when its verification began
 * @param dueWallMs when it was to begin
 */
export function passed(
  cursor: ScrubCursor,
  replica: ScrubReplica,
  { startedWallMs, dueWallMs }: { readonly startedWallMs: number; readonly dueWallMs: number },
  periodMs: number,
): ScrubCursor {
  const next = { afterId: cursor.afterId, sinceWallMs: startedWallMs }
  return {
    afterId: replica.id,
    passStartedWallMs: cursor.passStartedWallMs,
    doneBytes: cursor.doneBytes + replica.lengthBytes,
    done: isWorthASegment(cursor.done, next, periodMs)
      ? thinned([...cursor.done, next])
      : cursor.done,
    before: cursor.before.slice(segmentOf(cursor.before, replica.id + 1)),
    lastWallMs: dueWallMs,
    lastBytes: scrubCostBytes(replica),
  }
}

/**
 * How fast to go on so that nobody waits for too long: each segment is to be done in time, with all that comes before it.
 * @param replicas all of the volume, in any order
 */
export function planScrub(
  cursor: ScrubCursor,
  replicas: Iterable<ScrubReplica>,
  { periodMs, bytesPerSecond }: ScrubLimits,
  nowWallMs: number,
): ScrubPlan {
  // From here on round to here: what lies ahead, then what this pass has done.
  const segments = [...cursor.before, ...cursor.done]
  const bytes = segments.map(() => 0)
  let highestId = 0
  for (const replica of replicas) {
    const isAhead = replica.id > cursor.afterId
    const at = isAhead
      ? segmentOf(cursor.before, replica.id)
      : cursor.before.length + segmentOf(cursor.done, replica.id)
    bytes[at] = (bytes[at] ?? 0) + scrubCostBytes(replica)
    if (replica.id > highestId) highestId = replica.id
  }
  const ratePerMs = bytesPerSecond === 0 ? Number.POSITIVE_INFINITY : bytesPerSecond / 1000
  let sumBytes = 0
  let bytesPerMs = 0
  let behindMs = 0
  for (const [index, { sinceWallMs }] of segments.entries()) {
    if (bytes[index] === 0) continue
    sumBytes += bytes[index] ?? 0
    // A clock that was put back makes nobody younger than now.
    const ageMs = Math.max(0, nowWallMs - sinceWallMs)
    bytesPerMs = Math.max(bytesPerMs, sumBytes / Math.max(0, DUE_SHARE * periodMs - ageMs))
    behindMs = Math.max(behindMs, sumBytes / ratePerMs + ageMs - periodMs)
  }
  if (sumBytes === 0) return { bytesPerMs: 0, behindMs: 0, cursor: firstPass(nowWallMs) }
  const before = withNewcomers(cursor.before, highestId, nowWallMs, periodMs)
  bytesPerMs = Math.max(bytesPerMs, sumBytes / (PASS_SHARE * periodMs))
  return { bytesPerMs, behindMs, cursor: { ...cursor, before } }
}

/** How long after the last verification was due the next one is. */
export function scrubPauseMs({ lastBytes }: ScrubCursor, { bytesPerMs }: ScrubPlan): number {
  return lastBytes === 0 ? 0 : lastBytes / bytesPerMs
}

/** The first `limit` ids above the cursor, in order; none when the pass is over. */
export function nextInPass(ids: readonly number[], afterId: number, limit: number): number[] {
  return ids
    .filter((id) => id > afterId)
    .sort((a, b) => a - b)
    .slice(0, limit)
}

/** Whatever will be above the highest id has come after this moment. */
function withNewcomers(
  before: readonly ScrubSegment[],
  highestId: number,
  nowWallMs: number,
  periodMs: number,
): ScrubSegment[] {
  const newcomers = { afterId: highestId, sinceWallMs: nowWallMs }
  const known = before.filter(({ afterId }) => afterId < highestId)
  const last = known.pop()
  if (last === undefined) return [newcomers]
  return [...(isWorthASegment(known, last, periodMs) ? [...known, last] : known), newcomers]
}

const isWorthASegment = (
  segments: readonly ScrubSegment[],
  { sinceWallMs }: ScrubSegment,
  periodMs: number,
): boolean => {
  const last = segments.at(-1)
  return last === undefined || sinceWallMs - last.sinceWallMs >= periodMs / SEGMENTS
}

/** Every second one is as true: the one before it is older. */
const thinned = (segments: readonly ScrubSegment[]): readonly ScrubSegment[] =>
  segments.length <= MAX_SEGMENTS ? segments : segments.filter((_, index) => index % 2 === 0)

/** The last segment that begins below the id; the first when all begin above. */
function segmentOf(segments: readonly ScrubSegment[], id: number): number {
  let low = 0
  let high = segments.length - 1
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if ((segments[middle]?.afterId ?? 0) < id) low = middle
    else high = middle - 1
  }
  return low
}
