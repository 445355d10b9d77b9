/** Which volume takes a new block: chance weighted by free room, so that volumes fill evenly and load spreads. */

export interface VolumeRoom {
  readonly storageId: string
  readonly remainingBytes: number
}

/**
 * The index of the chosen volume; undefined when none has room.
 * @param preferredStorageId taken when it has room (the namenode's placement)
 * @param draw uniform in [0, 1)
 */
export function chooseVolume(
  volumes: readonly VolumeRoom[],
  blockBytes: number,
  preferredStorageId: string | undefined,
  draw: number,
): number | undefined {
  const preferred = volumes.findIndex(
    (it) => it.storageId === preferredStorageId && it.remainingBytes >= blockBytes,
  )
  if (preferred >= 0) return preferred
  const weights = volumes.map((it) => (it.remainingBytes >= blockBytes ? it.remainingBytes : 0))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  if (total <= 0) return undefined
  let rest = draw * total
  let last: number | undefined
  for (const [index, weight] of weights.entries()) {
    if (weight === 0) continue
    last = index
    rest -= weight
    if (rest < 0) return index
  }
  return last
}
