/**
 * Where to stream blocks to another datanode. The address in a client's request is the one that this client was told:
 * behind a mapping of ports it leads nowhere from here, or to ourselves, and a hostile client names whom it likes
 * (hostile input 35). So it is never used: the namenode is asked, by the node's UUID, and the answer kept for a while.
 * The road not taken: a list of all nodes in each heartbeat's answer, which is always a beat behind when a node has
 * just joined.
 */
import { CONTROL_PATHS, PeerReply } from '../../shared/control/messages.js'
import { DfsError, toDfsError } from '../../shared/errors.js'
import type { HostPort } from '../../shared/network.js'
import type { Seams } from '../../shared/seams.js'
import type { DatanodeInfo } from '../../shared/transfer/pipeline-node.js'
import type { NamenodeSession } from './namenode-session.js'

const KEEP_MS = 60_000
/** After a question that was not answered, what was known before holds, and nobody waits for the namenode again. */
const KEEP_FAILURE_MS = 5_000
const ASK_TIMEOUT_MS = 1_000
/** For a node that we have never heard of: without an answer its pipeline fails. */
const FIRST_ASK_TIMEOUT_MS = 5_000
/** A UUID has 36 characters; what is longer than the namenode takes is not worth a question. */
const MAX_UUID_LENGTH = 128
/** Far more than a cluster has; the oldest answers go first. */
const MAX_PEERS = 10_000

interface Known {
  readonly address: HostPort
  untilMonotonicMs: number
}

export class PeerAddresses {
  readonly #session: Pick<NamenodeSession, 'ask'>
  readonly #seams: Pick<Seams, 'clock' | 'log'>
  readonly #known = new Map<string, Known>()

  constructor(session: Pick<NamenodeSession, 'ask'>, seams: Pick<Seams, 'clock' | 'log'>) {
    this.#session = session
    this.#seams = seams
  }

  /**
   * While the namenode is away, and of a node that it has forgotten, the last address that it told is returned.
   * @throws DfsError PERMISSION_DENIED for a node that the namenode never told us of
   */
  async find(info: DatanodeInfo): Promise<HostPort> {
    const uuid = info.id.datanodeUuid
    if (uuid === '' || uuid.length > MAX_UUID_LENGTH) throw stranger(info)
    const known = this.#known.get(uuid)
    if (known !== undefined && known.untilMonotonicMs > this.#nowMs()) return known.address
    return await this.#ask(info, known)
  }

  /** Nobody was met there: the next one asks anew. */
  forget(info: DatanodeInfo): void {
    const known = this.#known.get(info.id.datanodeUuid)
    if (known !== undefined) known.untilMonotonicMs = 0
  }

  async #ask(info: DatanodeInfo, known: Known | undefined): Promise<HostPort> {
    const peerUuid = info.id.datanodeUuid
    const timeoutMs = known === undefined ? FIRST_ASK_TIMEOUT_MS : ASK_TIMEOUT_MS
    try {
      const { host, port } = await this.#session.ask(
        CONTROL_PATHS.peer,
        { peerUuid },
        PeerReply,
        timeoutMs,
      )
      this.#remember(peerUuid, { host, port }, KEEP_MS)
      return { host, port }
    } catch (error) {
      this.#seams.log.debug({ peerUuid, err: toDfsError(error) }, 'a peer could not be looked up')
      if (known === undefined) throw stranger(info, error)
      this.#remember(peerUuid, known.address, KEEP_FAILURE_MS)
      return known.address
    }
  }

  #remember(uuid: string, address: HostPort, forMs: number): void {
    this.#known.delete(uuid)
    this.#known.set(uuid, { address, untilMonotonicMs: this.#nowMs() + forMs })
    const [oldest] = this.#known.keys()
    if (this.#known.size > MAX_PEERS && oldest !== undefined) this.#known.delete(oldest)
  }

  #nowMs(): number {
    return this.#seams.clock.monotonicMs()
  }
}

function stranger({ id }: DatanodeInfo, cause?: unknown): DfsError {
  const name = JSON.stringify(id.datanodeUuid.slice(0, MAX_UUID_LENGTH))
  return new DfsError(
    'PERMISSION_DENIED',
    `blocks are sent to datanodes that the namenode knows, and ${name} is not known to be one`,
    { cause },
  )
}
