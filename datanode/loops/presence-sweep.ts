/**
 * Looks in short intervals whether the files of each replica are there and of the right length: a deleted or truncated
 * block is found within minutes (an hour and a half, with half a million), long before its turn to be verified. A
 * difference is looked at again before it counts.
 */
import { BackgroundLoop, type TickOutcome } from '../../shared/background-loop.js'
import { metaLengthBytes } from '../blocks/meta-format.js'
import type { FinalizedReplica } from '../blocks/replica.js'
import { confirmDamage } from '../transfer/damage.js'
import type { TransferContext } from '../transfer/transfer-context.js'

/** Replicas looked at in one tick, and the pause after it: 100 a second at most, one to two hundredths of a processor. */
const BATCH = 40
const PAUSE_MS = 400
/** Between two sweeps. */
const REST_MS = 10_000

export function presenceSweep(context: TransferContext): BackgroundLoop {
  const { clock, log } = context.seams
  let line: number[] = []
  return new BackgroundLoop({
    name: 'presence-sweep',
    clock,
    retryAfterMs: 1_000,
    onError: (error, where) => log.warn({ err: error, ...where }, 'presence sweep failed'),
    tick: async (signal): Promise<TickOutcome> => {
      if (line.length === 0) {
        line = [...context.store.index.values()].map(({ id }) => id)
        if (line.length === 0) return { kind: 'idle', forMs: REST_MS }
      }
      for (const id of line.splice(-BATCH)) {
        if (signal.aborted) break
        const replica = context.store.get(id)
        if (replica?.kind === 'finalized') await look(context, replica)
      }
      return { kind: 'idle', forMs: line.length > 0 ? PAUSE_MS : REST_MS }
    },
  })
}

async function look(context: TransferContext, replica: FinalizedReplica): Promise<void> {
  if (replica.volume.hasFailed || context.store.isCorrupt(replica.id)) return
  const { data, meta } = context.store.pathsOf(replica)
  const { disk } = replica.volume
  const [dataFile, metaFile] = await Promise.all([disk.stat(data), disk.stat(meta)])
  const isWhole =
    dataFile?.isFile() === true &&
    metaFile?.isFile() === true &&
    Number(dataFile.size) === replica.lengthBytes &&
    Number(metaFile.size) === metaLengthBytes(replica.lengthBytes)
  // The end is what a truncation takes away; a reader that finds its record whole was only too early or too late.
  if (!isWhole) await confirmDamage(context, replica, Math.max(0, replica.lengthBytes - 1))
}
