/**
 * Where to stream blocks to another datanode. The address in a client's request is the one that this client was told:
 * behind a mapping of ports it leads nowhere from here, or to ourselves. So the namenode is asked, by the node's UUID,
 * and the answer kept for a while. The road not taken: a list of all nodes in each heartbeat's answer, which is always
 * a beat behind when a node has just joined.
 */
import { CONTROL_PATHS, PeerReply } from '../../shared/control/messages.js'
import { toDfsError } from '../../shared/errors.js'
import type { HostPort } from '../../shared/network.js'
import type { Seams } from '../../shared/seams.js'
import { type DatanodeInfo, transferAddress } from '../../shared/transfer/pipeline-node.js'
import type { NamenodeSession } from './namenode-session.js'

const KEEP_MS = 60_000
/** After a question that was not answered the client's address is used, and nobody waits for the namenode again. */
const KEEP_FAILURE_MS = 5_000
const ASK_TIMEOUT_MS = 1_000
/** Far more than a cluster has; the oldest answers go first. */
const MAX_PEERS = 10_000

interface Known {
  readonly address: HostPort | undefined
  readonly untilMonotonicMs: number
}

export class PeerAddresses {
  readonly #session: Pick<NamenodeSession, 'ask'>
  readonly #seams: Pick<Seams, 'clock' | 'log'>
  readonly #known = new Map<string, Known>()

  constructor(session: Pick<NamenodeSession, 'ask'>, seams: Pick<Seams, 'clock' | 'log'>) {
    this.#session = session
    this.#seams = seams
  }

  /** Never fails: a node that the namenode does not know is looked for where the client says. */
  async find(info: DatanodeInfo): Promise<HostPort> {
    const uuid = info.id.datanodeUuid
    if (uuid === '') return transferAddress(info)
    const known = this.#known.get(uuid)
    const isFresh = known !== undefined && known.untilMonotonicMs > this.#nowMs()
    const address = isFresh ? known.address : await this.#ask(uuid)
    return address ?? transferAddress(info)
  }

  /** Nobody was met there: the next one asks anew. */
  forget(info: DatanodeInfo): void {
    this.#known.delete(info.id.datanodeUuid)
  }

  async #ask(peerUuid: string): Promise<HostPort | undefined> {
    try {
      const { host, port } = await this.#session.ask(
        CONTROL_PATHS.peer,
        { peerUuid },
        PeerReply,
        ASK_TIMEOUT_MS,
      )
      this.#remember(peerUuid, { host, port }, KEEP_MS)
      return { host, port }
    } catch (error) {
      this.#seams.log.debug({ peerUuid, err: toDfsError(error) }, 'a peer could not be looked up')
      this.#remember(peerUuid, undefined, KEEP_FAILURE_MS)
      return undefined
    }
  }

  #remember(uuid: string, address: HostPort | undefined, forMs: number): void {
    this.#known.delete(uuid)
    this.#known.set(uuid, { address, untilMonotonicMs: this.#nowMs() + forMs })
    const [oldest] = this.#known.keys()
    if (this.#known.size > MAX_PEERS && oldest !== undefined) this.#known.delete(oldest)
  }

  #nowMs(): number {
    return this.#seams.clock.monotonicMs()
  }
}
