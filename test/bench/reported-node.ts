/**
 * A datanode that has only names of blocks: it registers, reports and obeys over the control plane as a real one does, so that
 * a namenode process meets hundreds of thousands of replicas without a disk that holds them. A copy arrives at once.
 */
import { type ControlClient, HttpControlClient } from '../../datanode/loops/control-client.js'
import { systemClock } from '../../shared/clock.js'
import { type BucketDigest, bucketDigests, bucketOf } from '../../shared/control/block-digest.js'
import {
  BlockEventsReply,
  CONTROL_PATHS,
  HeartbeatReply,
  RegisterReply,
  ReportBucketsReply,
  ReportDigestReply,
} from '../../shared/control/messages.js'
import { type NodeControl, ReplicaNode, type ScriptedReplica } from '../support/replica-node.js'

const CAPACITY_BYTES = 2 ** 44
/** As a real datanode sends them (datanode/loops/full-report.ts). */
const BLOCKS_IN_MESSAGE = 20_000
const TIMEOUT_MS = 120_000

export interface ReportedNodeOptions {
  readonly name: string
  readonly port: number
  readonly namenodeUrl: string
  readonly token: string
  readonly clusterId: string
}

export class ReportedNode extends ReplicaNode {
  readonly #client: ControlClient

  constructor({ namenodeUrl, token, ...node }: ReportedNodeOptions) {
    const client = new HttpControlClient({ baseUrl: namenodeUrl, token, clock: systemClock })
    const limits = { capacityBytes: CAPACITY_BYTES, blocksInMessage: BLOCKS_IN_MESSAGE }
    super(controlOverHttp(client), { ...node, ...limits })
    this.#client = client
  }

  close(): void {
    this.#client.close()
  }

  /** With pauses: who measures how long others wait is in this process. */
  protected override async digests(replicas: readonly ScriptedReplica[]) {
    const sorted = replicas.toSorted((left, right) => left.id - right.id)
    const digests: BucketDigest[] = []
    for (let first = 0, next = 0; first < sorted.length; first = next) {
      const bucket = bucketOf(sorted[first]?.id ?? 0)
      while (next < sorted.length && bucketOf(sorted[next]?.id ?? 0) === bucket) next += 1
      digests.push(...bucketDigests(sorted.slice(first, next)))
      await new Promise((resolve) => setImmediate(resolve))
    }
    return digests
  }
}

function controlOverHttp(client: ControlClient): NodeControl {
  const { register, heartbeat, blockEvents, reportDigest, reportBuckets } = CONTROL_PATHS
  return {
    register: (body) => client.call(register, body, RegisterReply, TIMEOUT_MS),
    heartbeat: (body) => client.call(heartbeat, body, HeartbeatReply, TIMEOUT_MS),
    blockEvents: (body) => client.call(blockEvents, body, BlockEventsReply, TIMEOUT_MS),
    reportDigest: (body) => client.call(reportDigest, body, ReportDigestReply, TIMEOUT_MS),
    reportBuckets: (body) => client.call(reportBuckets, body, ReportBucketsReply, TIMEOUT_MS),
  }
}
