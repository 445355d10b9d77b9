/**
 * Where the bytes of a file are, for one client: the namespace's blocks joined with the replicas of block management,
 * each with the address that this client can reach. Protocol reference 2.4 has the table of cases.
 */
import { DfsError } from '../../../shared/errors.js'
import type { Block } from '../../../shared/ids.js'
import { type Reach, reachForClient } from '../../policy/reach-for-client.js'
import type { Call } from '../access/call.js'
import type { BlockManager, DatanodeView, Replica } from '../blocks/block-manager.js'
import type { Namespace } from '../namespace/namespace.js'
import type { BlockRecord, FileStatus, PlacedBlock } from '../namespace/namespace-model.js'

export interface LocatedReplica extends Replica {
  /** Where this client is told to find `datanode`. */
  readonly reach: Reach
}

export interface LocatedBlock {
  readonly block: Block
  /** Where the block starts in its file. */
  readonly offsetBytes: number
  /** Nearest first; only bad ones when there is no other. */
  readonly replicas: readonly LocatedReplica[]
  readonly isCorrupt: boolean
}

export interface LocatedFile {
  readonly status: FileStatus
  /** Without the last block while that one is being written: readers ask its datanodes for the rest. */
  readonly lengthBytes: number
  readonly blocks: readonly LocatedBlock[]
  readonly isUnderConstruction: boolean
  readonly lastBlock: LocatedBlock | undefined
  readonly isLastBlockComplete: boolean
}

interface LocatedBlocksOptions {
  readonly namespace: Namespace
  readonly blockManager: BlockManager
  /** Every address of this machine. */
  readonly namenodeAddresses: ReadonlySet<string>
}

export class LocatedBlocks {
  readonly #namespace: Namespace
  readonly #blockManager: BlockManager
  readonly #namenodeAddresses: ReadonlySet<string>

  constructor(options: LocatedBlocksOptions) {
    this.#namespace = options.namespace
    this.#blockManager = options.blockManager
    this.#namenodeAddresses = options.namenodeAddresses
  }

  /**
   * The blocks that overlap a range.
   * @param lengthBytes 0 asks for the block at the offset; anything beyond the end is cut
   * @throws DfsError NOT_FOUND, PERMISSION_DENIED, JAVA_ILLEGAL_ARGUMENT for a negative range
   */
  file(call: Call, path: string, offsetBytes: number, lengthBytes: number): LocatedFile {
    if (offsetBytes < 0) {
      throw new DfsError('JAVA_ILLEGAL_ARGUMENT', `Negative offset is not supported. File: ${path}`)
    }
    if (lengthBytes < 0) {
      throw new DfsError('JAVA_ILLEGAL_ARGUMENT', `Negative length is not supported. File: ${path}`)
    }
    const found = this.#namespace.fileBlocks(call, path, offsetBytes, lengthBytes)
    return this.#locate(call, found.status, found.blocks, found.lastBlock)
  }

  /** All blocks of a file whose status a listing has already shown; no further permission is checked, as in HDFS. */
  fileOfStatus(call: Call, status: FileStatus): LocatedFile {
    const blocks = placed(this.#namespace.blocksOfFile(status.id, status.snapshot))
    return this.#locate(call, status, blocks, blocks.at(-1))
  }

  /** Current replicas of one block. */
  block(call: Call, block: BlockRecord, offsetBytes: number): LocatedBlock {
    const { replicas, isCorrupt } = this.#blockManager.locate(block, call.clientAddress)
    const readable = chooseReadable(replicas, block.state === 'committed', isCorrupt)
    return this.atReplicas(call, block, offsetBytes, readable, isCorrupt)
  }

  /** A block at replicas that are already decided, such as the targets of a new pipeline. */
  atReplicas(
    call: Call,
    block: Block,
    offsetBytes: number,
    replicas: readonly Replica[],
    isCorrupt = false,
  ): LocatedBlock {
    const located = replicas.map((it) => ({ ...it, reach: this.reachOf(call, it.datanode) }))
    return { block, offsetBytes, replicas: located, isCorrupt }
  }

  /** Where the caller can reach `datanode`: the same answer on every face. */
  reachOf(call: Call, datanode: DatanodeView): Reach {
    const { clientAddress, localAddress, localPort } = call
    const namenodeAddresses = this.#namenodeAddresses
    const isClusterMachine =
      datanode.advertised.length > 0 &&
      (namenodeAddresses.has(clientAddress) || this.#blockManager.isDatanodeAddress(clientAddress))
    const position = { clientAddress, localAddress, localPort, namenodeAddresses }
    return reachForClient(datanode, position, isClusterMachine)
  }

  #locate(
    call: Call,
    status: FileStatus,
    blocks: readonly PlacedBlock[],
    last: PlacedBlock | undefined,
  ): LocatedFile {
    const isLastBlockComplete = last !== undefined && last.state === 'committed'
    const located = blocks.map((it) => this.block(call, it, it.offsetBytes))
    return {
      status,
      lengthBytes:
        last === undefined ? 0 : last.offsetBytes + (isLastBlockComplete ? last.lengthBytes : 0),
      blocks: located,
      isUnderConstruction: status.isUnderConstruction,
      lastBlock:
        last && (alreadyLocated(located, last) ?? this.block(call, last, last.offsetBytes)),
      isLastBlockComplete,
    }
  }
}

/** Most files are asked for up to their last block, which is then not looked for twice: one reader, sent to one place. */
const alreadyLocated = (
  located: readonly LocatedBlock[],
  block: PlacedBlock,
): LocatedBlock | undefined => {
  const last = located.at(-1)
  return last?.block.id === block.id ? last : undefined
}

/** Bad replicas are offered only when there is nothing else, so that the reader reports the loss instead of us hiding it. */
function chooseReadable(
  replicas: readonly Replica[],
  isCommitted: boolean,
  isCorrupt: boolean,
): readonly Replica[] {
  const alive = replicas.filter((it) => it.datanode.liveness !== 'dead')
  const good = isCorrupt ? alive : alive.filter((it) => it.state !== 'corrupt')
  if (!isCommitted) return good
  // A replica still "being written" of a finished block is a report that has not arrived, or a leftover: ask it last.
  const stored = good.filter((it) => it.state !== 'being-written')
  return stored.length > 0 ? stored : good
}

function placed(blocks: readonly BlockRecord[]): readonly PlacedBlock[] {
  let offsetBytes = 0
  return blocks.map((block) => {
    const start = offsetBytes
    offsetBytes += block.lengthBytes
    return { ...block, offsetBytes: start }
  })
}
