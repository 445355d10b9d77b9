/** Sends writers away before a node goes down in order: their clients recover the pipelines with other nodes. */
import type { BlockStore } from './block-store.js'

/** Ends every writer's connection; what they flushed stays for a recovery. @returns how many there were */
export function evictWriters(store: BlockStore): number {
  let evicted = 0
  for (const replica of store.index.values()) {
    if (replica.kind !== 'being-written' || replica.owner === undefined) continue
    evicted += 1
    void replica.owner.stop().catch((error: unknown) => {
      store.seams.log.warn({ blockId: replica.id, err: error }, 'a writer did not end in order')
    })
  }
  return evicted
}
