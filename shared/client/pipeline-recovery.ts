/**
 * Rebuilding a pipeline that broke (reference 3.5): leave the failed node out, take in another one when the policy says
 * so (it gets a copy first), reserve a new generation stamp, connect with it, tell the namenode. Nodes that failed keep
 * the old stamp and are thereby known as stale.
 */
import { DfsError, toDfsError } from '../errors.js'
import { BlockConstructionStage, Status } from '../hadoop/schema/data-transfer.js'
import { statusName } from '../transfer/block-writer.js'
import { encodeTransferBlock, readBlockOpResponse } from '../transfer/operations.js'
import { PipelineFailure } from '../transfer/pipeline-failure.js'
import {
  type BlockToken,
  type DatanodeInfo,
  type ExtendedBlock,
  type PipelineNode,
  pipelineNodes,
  transferAddress,
  transferName,
} from '../transfer/pipeline-node.js'
import { SocketReader } from '../transfer/socket-reader.js'
import { SocketWriter } from '../transfer/socket-writer.js'
import { pipelineSilenceMs } from '../transfer/timeouts.js'
import {
  announcePipeline,
  connectPipeline,
  type OpenPipeline,
  type PipelineEvents,
} from './open-pipeline.js'
import { isReplacementDue } from './replacement-policy.js'
import type { WriteContext } from './write-context.js'

/** A block whose pipeline broke. */
export interface BrokenPipeline {
  /** With the generation stamp that the namenode knows. */
  readonly block: ExtendedBlock
  readonly token: BlockToken
  readonly nodes: readonly PipelineNode[]
  readonly failure: PipelineFailure
  /** Acknowledged by all nodes: no survivor has less. */
  readonly ackedBytes: number
  /** No node has more. */
  readonly sentBytes: number
  readonly phase: 'append-setup' | 'streaming' | 'closing'
  readonly isAppended: boolean
  readonly isFlushed: boolean
}

const STAGE = {
  'append-setup': BlockConstructionStage.PIPELINE_SETUP_APPEND_RECOVERY,
  streaming: BlockConstructionStage.PIPELINE_SETUP_STREAMING_RECOVERY,
  closing: BlockConstructionStage.PIPELINE_CLOSE_RECOVERY,
} as const

/** Each attempt loses a node or takes in another one, which in turn may fail. */
const MAX_ATTEMPTS = 10

/**
 * @param failed nodes that failed this block so far; grows
 * @throws DfsError IO when no node is left; errors of the namenode
 */
export async function recoverPipeline(
  context: WriteContext,
  events: PipelineEvents,
  broken: BrokenPipeline,
  failed: DatanodeInfo[],
): Promise<OpenPipeline> {
  const { namenode, clientName, log, src } = context
  const block = { ...broken.block, numBytes: broken.ackedBytes }
  let nodes = broken.nodes
  let failure = broken.failure
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    nodes = withoutFailed(context, nodes, failure, failed)
    if (broken.phase !== 'closing') {
      nodes = await withReplacement(context, { ...broken, block }, nodes, failed)
    }
    const { block: reserved } = await namenode.updateBlockForPipeline({ block, clientName })
    const newBlock = { ...block, generationStamp: reserved.b.generationStamp }
    const token = reserved.blockToken
    try {
      const writer = await connectPipeline(context, events, {
        block,
        token,
        nodes,
        stage: STAGE[broken.phase],
        minBytesReceived: broken.ackedBytes,
        maxBytesReceived: broken.sentBytes,
        latestGenerationStamp: newBlock.generationStamp,
      })
      await announcePipeline(context, block, newBlock, nodes, writer)
      log.info(
        { src, nodes: nodes.map(transferName), ...stampsOf(block, newBlock) },
        'pipeline recovered',
      )
      return { writer, block: newBlock, token, nodes }
    } catch (error) {
      if (!(error instanceof PipelineFailure)) throw error
      failure = error
    }
  }
  throw new DfsError('IO', `Failing write. The pipeline of ${src} could not be rebuilt.`, {
    cause: failure,
  })
}

function stampsOf(oldBlock: ExtendedBlock, newBlock: ExtendedBlock) {
  return {
    blockId: oldBlock.blockId,
    oldStamp: oldBlock.generationStamp,
    newStamp: newBlock.generationStamp,
  }
}

function withoutFailed(
  context: WriteContext,
  nodes: readonly PipelineNode[],
  failure: PipelineFailure,
  failed: DatanodeInfo[],
): readonly PipelineNode[] {
  const bad = nodes[failure.failedIndex]
  if (bad === undefined) throw failure
  failed.push(bad.info)
  context.avoided.add(bad.info)
  context.log.warn(
    { err: failure, src: context.src, node: transferName(bad) },
    'datanode failed in the pipeline',
  )
  const survivors = nodes.filter((node) => node !== bad)
  if (survivors.length === 0) {
    const names = nodes.map(transferName).join(', ')
    throw new DfsError('IO', `All datanodes [${names}] are bad. Aborting...`, { cause: failure })
  }
  return survivors
}

/** The survivors and, when it is due and to be had, another node that holds a copy of the acknowledged bytes. */
async function withReplacement(
  context: WriteContext,
  broken: BrokenPipeline,
  survivors: readonly PipelineNode[],
  failed: DatanodeInfo[],
): Promise<readonly PipelineNode[]> {
  const { settings, replication, log, src } = context
  const state = { ...broken, replication, survivors: survivors.length }
  if (!isReplacementDue(settings.replacement, state)) return survivors
  try {
    return await addReplacement(context, broken, survivors, failed)
  } catch (error) {
    context.signal.throwIfAborted()
    if (!settings.isReplacementBestEffort) throw error
    log.warn({ err: error, src }, 'no replacement for a failed datanode; going on with fewer')
    return survivors
  }
}

async function addReplacement(
  context: WriteContext,
  broken: BrokenPipeline,
  survivors: readonly PipelineNode[],
  failed: DatanodeInfo[],
): Promise<readonly PipelineNode[]> {
  const { namenode, src, fileId, clientName } = context
  const { block: located } = await namenode.getAdditionalDatanode({
    src,
    blk: broken.block,
    existings: survivors.map(({ info }) => info),
    excludes: failed,
    numAdditionalNodes: 1,
    clientName,
    existingStorageUuids: survivors.map(({ storageId }) => storageId),
    fileId,
  })
  const known = new Set(survivors.map(({ info }) => info.id.datanodeUuid))
  const added = pipelineNodes(located).find(({ info }) => !known.has(info.id.datanodeUuid))
  if (added === undefined) throw new DfsError('NO_DATANODES', 'the namenode gave no other datanode')
  let failure: unknown
  for (const source of survivors.toReversed()) {
    try {
      await transferReplica(context, broken, source, added)
      return [...survivors, added]
    } catch (error) {
      failure = error
    }
  }
  throw toDfsError(failure)
}

/** TRANSFER_BLOCK: asks `source` to send its replica to `target`. @throws DfsError when either fails */
async function transferReplica(
  context: WriteContext,
  broken: BrokenPipeline,
  source: PipelineNode,
  target: PipelineNode,
): Promise<void> {
  const { clock, network, settings, clientName, signal } = context
  const { timeouts } = settings
  const socket = await network.connect(transferAddress(source.info, settings.byHostname), {
    timeoutMs: timeouts.connectMs,
    signal,
  })
  try {
    const reader = new SocketReader(socket, { clock })
    const message = {
      header: { baseHeader: { block: broken.block, token: broken.token }, clientName },
      targets: [target.info],
      targetStorageTypes: [target.storageType],
      targetStorageIds: [target.storageId],
    }
    new SocketWriter(socket, { clock }).write(encodeTransferBlock(message))
    // The source says nothing until the whole copy is there: Java allows a second for each 10 MB or so on top.
    const copyMs = Math.ceil(broken.ackedBytes / COPY_BYTES_PER_MS)
    const reply = await readBlockOpResponse(reader, pipelineSilenceMs(timeouts, 2) + copyMs)
    if (reply.status !== Status.SUCCESS) {
      throw new DfsError(
        'REMOTE',
        `${transferName(source)} could not copy the block to ${transferName(target)}: ${statusName(reply.status)} ${reply.message ?? ''}`,
      )
    }
  } finally {
    socket.destroy()
  }
}

const COPY_BYTES_PER_MS = 10_000
