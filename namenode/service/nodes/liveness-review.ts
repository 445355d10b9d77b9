/** What follows when a node falls silent, dies or comes back. */
import type { Log } from '../../../shared/log.js'
import type { BlockSweeps } from '../blocks/block-sweeps.js'
import type { Examination } from '../blocks/examination.js'
import type { ReplicationCopies } from '../blocks/replication-copies.js'
import type { StartupReadiness } from '../blocks/startup-readiness.js'
import type { ClusterNode } from './cluster-node.js'
import type { ClusterRegistry, LivenessChange } from './cluster-registry.js'

export interface LivenessReviewOptions {
  readonly log: Log
  readonly registry: ClusterRegistry
  readonly sweeps: BlockSweeps
  readonly copies: ReplicationCopies
  readonly examination: Examination
  readonly readiness: StartupReadiness
}

export class LivenessReview {
  readonly #options: LivenessReviewOptions

  constructor(options: LivenessReviewOptions) {
    this.#options = options
  }

  /** Judges these nodes anew and sets in motion what follows; the work itself is done in slices by the loops. */
  review(nodes: Iterable<ClusterNode>): void {
    const { registry, readiness, examination } = this.#options
    const changes = registry.reviewLiveness(nodes)
    for (const change of changes) this.#follow(change)
    readiness.refresh()
    if (changes.length > 0) examination.onCopyWork()
  }

  #follow({ node, from, to }: LivenessChange): void {
    const { log, sweeps, copies, examination } = this.#options
    const particulars = { datanode: node.uuid, hostname: node.hostname, from, to }
    if (to === 'live') log.info(particulars, 'datanode is live')
    else log.warn(particulars, `datanode is ${to}`)
    // Stale: finds the blocks of which one live copy is left. Dead: finds all that lack one. Live: cancels copies.
    for (const storage of node.storages.values()) sweeps.start(storage)
    if (to === 'dead') copies.nodeDied(node.uuid, examination)
  }
}
