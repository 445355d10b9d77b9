/** Getting a pipeline for a block: a new block (stage 6), or an existing one that is continued (stage 0). */
import { assert } from '../assert.js'
import { DfsError } from '../errors.js'
import { BlockConstructionStage } from '../hadoop/schema/data-transfer.js'
import { BlockWriter } from '../transfer/block-writer.js'
import type { OutgoingPacket } from '../transfer/outgoing-packet.js'
import { PipelineFailure } from '../transfer/pipeline-failure.js'
import {
  type BlockToken,
  type ExtendedBlock,
  type LocatedBlock,
  type PipelineNode,
  pipelineNodes,
  transferAddress,
  transferName,
} from '../transfer/pipeline-node.js'
import { WRITE_CHECKSUM, type WriteContext } from './write-context.js'

/** What a connection reports while it lasts. */
export interface PipelineEvents {
  readonly onAck: (packet: OutgoingPacket) => void
  readonly onFailure: (failure: PipelineFailure) => void
}

/** A block that can be written to. `block.numBytes` is not kept up to date. */
export interface OpenPipeline {
  readonly writer: BlockWriter
  readonly block: ExtendedBlock
  readonly token: BlockToken
  readonly nodes: readonly PipelineNode[]
}

export interface PipelineRequest {
  readonly block: ExtendedBlock
  readonly token: BlockToken
  readonly nodes: readonly PipelineNode[]
  readonly stage: number
  readonly minBytesReceived: number
  readonly maxBytesReceived: number
  readonly latestGenerationStamp: number
}

/** Connects to the nodes in their order. @throws PipelineFailure */
export function connectPipeline(
  context: WriteContext,
  events: PipelineEvents,
  request: PipelineRequest,
): Promise<BlockWriter> {
  const { clock, network, settings, clientName, blockSizeBytes, signal } = context
  const [first] = request.nodes
  assert(first !== undefined, 'a pipeline has a node')
  return BlockWriter.open({
    clock,
    network,
    signal,
    address: transferAddress(first.info, settings.byHostname),
    // Java names the intended size of the block here, and datanodes reserve that much.
    request: {
      ...request,
      block: { ...request.block, numBytes: blockSizeBytes },
      clientName,
      checksum: WRITE_CHECKSUM,
    },
    timeouts: settings.timeouts,
    heartbeatIntervalMs: settings.heartbeatIntervalMs,
    ...events,
  })
}

/**
 * Allocates the next block of the file and sets its pipeline up; a block whose pipeline fails is abandoned and another
 * one asked for, without the node that failed.
 * @param previous the block before, with its final length; undefined for the first one
 * @throws DfsError of the namenode; IO when all attempts have failed
 */
export async function openNewBlock(
  context: WriteContext,
  events: PipelineEvents,
  previous: ExtendedBlock | undefined,
): Promise<OpenPipeline> {
  const { namenode, settings, src, fileId, clientName, avoided, log } = context
  let failure: DfsError | undefined
  for (let attempt = 0; attempt < settings.blockAttempts; attempt += 1) {
    const located = await addBlock(context, previous)
    const nodes = pipelineNodes(located)
    try {
      if (nodes.length === 0) throw new DfsError('NO_DATANODES', `${src} got a block without nodes`)
      const writer = await connectPipeline(context, events, {
        block: located.b,
        token: located.blockToken,
        nodes,
        stage: BlockConstructionStage.PIPELINE_SETUP_CREATE,
        minBytesReceived: 0,
        maxBytesReceived: 0,
        latestGenerationStamp: 0,
      })
      return { writer, block: located.b, token: located.blockToken, nodes }
    } catch (error) {
      await namenode.abandonBlock({ b: located.b, src, holder: clientName, fileId })
      if (!(error instanceof PipelineFailure)) throw error
      failure = error
      const bad = nodes[error.failedIndex]
      if (bad === undefined) throw error
      avoided.add(bad.info)
      log.warn({ err: error, src, node: transferName(bad) }, 'pipeline set-up failed')
    }
  }
  throw new DfsError('IO', `Unable to create new block. ${failure?.message ?? ''}`.trim(), {
    cause: failure,
  })
}

const FIRST_RETRY_MS = 50
const ADD_BLOCK_RETRIES = 8

async function addBlock(
  context: WriteContext,
  previous: ExtendedBlock | undefined,
): Promise<LocatedBlock> {
  const { namenode, src, fileId, clientName, avoided, clock, signal } = context
  for (let attempt = 0; ; attempt += 1) {
    const excludeNodes = avoided.list()
    try {
      const { block } = await namenode.addBlock({
        src,
        clientName,
        fileId,
        excludeNodes,
        ...(previous === undefined ? {} : { previous }),
      })
      return block
    } catch (error) {
      if (!(error instanceof DfsError) || attempt === ADD_BLOCK_RETRIES) throw error
      if (error.code === 'NOT_REPLICATED_YET') {
        await clock.sleep(FIRST_RETRY_MS * 2 ** attempt, signal)
      } else if (excludeNodes.length > 0 && isWithoutTargets(error)) {
        // Better a node that failed once than none.
        avoided.clear()
      } else throw error
    }
  }
}

/** "could only be written to 0 of …" travels as a plain IOException. */
function isWithoutTargets(error: DfsError): boolean {
  return error.code === 'NO_DATANODES' || error.message.includes('could only be written to')
}

/**
 * Reopens the last block of a file for appending, as Java does: a new generation stamp first, so that a replica that
 * misses the append is known as stale.
 * @param located the last block, partly filled, with its length
 * @throws PipelineFailure when the pipeline cannot be set up: to be recovered; DfsError of the namenode
 */
export async function openForAppend(
  context: WriteContext,
  events: PipelineEvents,
  located: LocatedBlock,
): Promise<OpenPipeline> {
  const { namenode, clientName } = context
  const lengthBytes = located.b.numBytes ?? 0
  const nodes = pipelineNodes(located)
  const { block: reserved } = await namenode.updateBlockForPipeline({
    block: located.b,
    clientName,
  })
  const writer = await connectPipeline(context, events, {
    block: located.b,
    token: reserved.blockToken,
    nodes,
    stage: BlockConstructionStage.PIPELINE_SETUP_APPEND,
    minBytesReceived: lengthBytes,
    maxBytesReceived: lengthBytes,
    latestGenerationStamp: reserved.b.generationStamp,
  })
  const newBlock = { ...located.b, generationStamp: reserved.b.generationStamp }
  await announcePipeline(context, located.b, newBlock, nodes, writer)
  return { writer, block: newBlock, token: reserved.blockToken, nodes }
}

/** Tells the namenode of the new generation stamp and nodes; closes `writer` when that fails. */
export async function announcePipeline(
  context: WriteContext,
  oldBlock: ExtendedBlock,
  newBlock: ExtendedBlock,
  nodes: readonly PipelineNode[],
  writer: BlockWriter,
): Promise<void> {
  try {
    await context.namenode.updatePipeline({
      clientName: context.clientName,
      oldBlock,
      newBlock,
      newNodes: nodes.map(({ info }) => info.id),
      storageIDs: nodes.map(({ storageId }) => storageId),
    })
  } catch (error) {
    writer.close()
    throw error
  }
}
