/** The calls of a namenode that writers and readers make, for one file, over lists in memory; it checks what it is told. */

import type { ReadCalls, WriteCalls } from '../../shared/client/block-calls.js'
import { DfsError } from '../../shared/errors.js'
import { StorageTypeEnum } from '../../shared/hadoop/schema/hdfs.js'
import {
  type DatanodeInfo,
  EMPTY_TOKEN,
  type ExtendedBlock,
  type LocatedBlock,
} from '../../shared/transfer/pipeline-node.js'
import type { ScriptedDatanodes } from './scripted-pipelines.js'

interface StoredBlock {
  block: ExtendedBlock
  nodes: DatanodeInfo[]
}

export class ScriptedNamenode implements WriteCalls, ReadCalls {
  readonly calls: { readonly name: string; readonly request: unknown }[] = []
  readonly violations: string[] = []
  readonly blocks: StoredBlock[] = []
  readonly reported: LocatedBlock[] = []
  isOpen = false
  /** How often `complete` says no. */
  completeRefusals = 0
  /** Thrown by addBlock, one after the other. */
  readonly addBlockErrors: DfsError[] = []
  #nextBlockId = 1073741825
  #nextStamp = 1001

  readonly datanodes: ScriptedDatanodes
  readonly options: { readonly replication: number; readonly blockSizeBytes: number }

  constructor(
    datanodes: ScriptedDatanodes,
    options: { readonly replication: number; readonly blockSizeBytes: number },
  ) {
    this.datanodes = datanodes
    this.options = options
  }

  names(): string[] {
    return this.calls.map(({ name }) => name)
  }

  /** Contents of a closed file, as the replica of the first live location holds them. */
  contents(
    nodeOf: (nodes: DatanodeInfo[]) => DatanodeInfo | undefined = ([first]) => first,
  ): Buffer {
    const parts = this.blocks.map(({ block, nodes }) => {
      const wanted = nodeOf(nodes)
      const index = this.datanodes.infos.findIndex(
        (info) => info.id.datanodeUuid === wanted?.id.datanodeUuid,
      )
      return this.datanodes.replica(index, block.blockId)?.data ?? Buffer.alloc(0)
    })
    return Buffer.concat(parts)
  }

  #note(name: string, request: unknown): void {
    this.calls.push({ name, request })
  }

  #check(holds: boolean, what: string): void {
    if (!holds) this.violations.push(what)
  }

  #status(lengthBytes: number) {
    return {
      fileType: 2,
      path: new Uint8Array(0),
      length: lengthBytes,
      permission: { perm: 0o644 },
      owner: 'u',
      group: 'g',
      modification_time: 0,
      access_time: 0,
      fileId: 16386,
      blocksize: this.options.blockSizeBytes,
      block_replication: this.options.replication,
    }
  }

  #located(stored: StoredBlock, offset: number): LocatedBlock {
    const { block, nodes } = stored
    return {
      b: { ...block },
      offset,
      locs: nodes,
      corrupt: false,
      blockToken: EMPTY_TOKEN,
      isCached: [],
      storageTypes: nodes.map(() => StorageTypeEnum.DISK),
      storageIDs: nodes.map(({ id }) => `DS-${id.datanodeUuid}`),
      blockTokens: [],
    }
  }

  readonly create: WriteCalls['create'] = async (request) => {
    this.#note('create', request)
    this.isOpen = true
    return { fs: this.#status(0) }
  }

  readonly append: WriteCalls['append'] = async (request) => {
    this.#note('append', request)
    this.isOpen = true
    const lengthBytes = this.#lengthBytes()
    const last = this.blocks.at(-1)
    const stat = this.#status(lengthBytes)
    const size = last?.block.numBytes ?? 0
    if (last === undefined || size === this.options.blockSizeBytes) return { stat }
    return { stat, block: this.#located(last, lengthBytes - size) }
  }

  readonly addBlock: WriteCalls['addBlock'] = async (request) => {
    this.#note('addBlock', request)
    const error = this.addBlockErrors.shift()
    if (error !== undefined) throw error
    const last = this.blocks.at(-1)
    if (request.previous !== undefined && request.previous !== null) {
      this.#check(
        last?.block.blockId === request.previous.blockId,
        'previous is not the last block',
      )
      this.#check(
        last?.block.generationStamp === request.previous.generationStamp,
        'previous has another stamp',
      )
      if (last !== undefined) last.block = { ...last.block, numBytes: request.previous.numBytes }
    }
    const excluded = new Set((request.excludeNodes ?? []).map(({ id }) => id.datanodeUuid))
    const candidates = this.datanodes.infos.filter(({ id }) => !excluded.has(id.datanodeUuid))
    if (candidates.length === 0) {
      throw new DfsError(
        'REMOTE',
        'File /f could only be written to 0 of the 1 minReplication nodes.',
      )
    }
    const stored = {
      block: {
        poolId: 'BP-1',
        blockId: this.#nextBlockId++,
        generationStamp: this.#nextStamp++,
        numBytes: 0,
      },
      nodes: candidates.slice(0, this.options.replication),
    }
    const offset = this.#lengthBytes()
    this.blocks.push(stored)
    return { block: this.#located(stored, offset) }
  }

  readonly abandonBlock: WriteCalls['abandonBlock'] = async (request) => {
    this.#note('abandonBlock', request)
    const last = this.blocks.pop()
    this.#check(
      last?.block.blockId === request.b.blockId,
      'another block than the last was abandoned',
    )
    return {}
  }

  readonly getAdditionalDatanode: WriteCalls['getAdditionalDatanode'] = async (request) => {
    this.#note('getAdditionalDatanode', request)
    const taken = new Set(
      [...(request.existings ?? []), ...(request.excludes ?? [])].map(({ id }) => id.datanodeUuid),
    )
    const free = this.datanodes.infos.find(({ id }) => !taken.has(id.datanodeUuid))
    if (free === undefined) throw new DfsError('REMOTE', 'Failed to find an additional datanode')
    const existing = this.datanodes.infos.filter(({ id }) =>
      (request.existings ?? []).some((info) => info.id.datanodeUuid === id.datanodeUuid),
    )
    const stored = {
      block: { ...request.blk, numBytes: request.blk.numBytes ?? 0 },
      nodes: [...existing, free],
    }
    return { block: this.#located(stored, -1) }
  }

  readonly updateBlockForPipeline: WriteCalls['updateBlockForPipeline'] = async (request) => {
    this.#note('updateBlockForPipeline', request)
    const last = this.blocks.at(-1)
    this.#check(last?.block.blockId === request.block.blockId, 'a stamp for another block')
    const block = {
      ...request.block,
      numBytes: request.block.numBytes ?? 0,
      generationStamp: this.#nextStamp++,
    }
    return { block: this.#located({ block, nodes: [] }, -1) }
  }

  readonly updatePipeline: WriteCalls['updatePipeline'] = async (request) => {
    this.#note('updatePipeline', request)
    const last = this.blocks.at(-1)
    if (last === undefined) throw new DfsError('REMOTE', 'no block')
    this.#check(
      last.block.generationStamp === request.oldBlock.generationStamp,
      'updatePipeline from another stamp',
    )
    this.#check(request.newBlock.generationStamp > last.block.generationStamp, 'a stamp went back')
    last.block = { ...last.block, generationStamp: request.newBlock.generationStamp }
    last.nodes = this.datanodes.infos.filter(({ id }) =>
      (request.newNodes ?? []).some(({ datanodeUuid }) => datanodeUuid === id.datanodeUuid),
    )
    return {}
  }

  readonly fsync: WriteCalls['fsync'] = async (request) => {
    this.#note('fsync', request)
    return {}
  }

  readonly complete: WriteCalls['complete'] = async (request) => {
    this.#note('complete', request)
    if (this.completeRefusals > 0) {
      this.completeRefusals -= 1
      return { result: false }
    }
    const last = this.blocks.at(-1)
    this.#check(last?.block.blockId === request.last?.blockId, 'complete with another last block')
    this.#check(
      last?.block.generationStamp === request.last?.generationStamp,
      'complete with another stamp',
    )
    if (last !== undefined) last.block = { ...last.block, numBytes: request.last?.numBytes }
    for (const { block, nodes } of this.blocks) {
      for (const info of nodes) {
        const replica = this.datanodes.replica(this.datanodes.infos.indexOf(info), block.blockId)
        const where = `replica ${block.blockId} of ${info.id.datanodeUuid}`
        this.#check(replica?.isFinalized === true, `${where} is not final`)
        this.#check(replica?.generationStamp === block.generationStamp, `${where} is stale`)
        this.#check(
          replica?.data.length === block.numBytes,
          `${where} has ${replica?.data.length} bytes, not ${block.numBytes}`,
        )
      }
    }
    this.isOpen = false
    return { result: true }
  }

  readonly getBlockLocations: ReadCalls['getBlockLocations'] = async (request) => {
    this.#note('getBlockLocations', request)
    let offset = 0
    const located = this.blocks.map((stored) => {
      const block = this.#located(stored, offset)
      offset += stored.block.numBytes ?? 0
      return block
    })
    const last = located.at(-1)
    return {
      locations: {
        fileLength: this.isOpen ? (last?.offset ?? 0) : offset,
        blocks: located.filter(
          ({ b, offset: at }) =>
            at < request.offset + request.length && at + (b.numBytes ?? 0) > request.offset,
        ),
        underConstruction: this.isOpen,
        isLastBlockComplete: !this.isOpen,
        ...(last === undefined ? {} : { lastBlock: last }),
      },
    }
  }

  readonly reportBadBlocks: ReadCalls['reportBadBlocks'] = async (request) => {
    this.#note('reportBadBlocks', request)
    for (const block of request.blocks ?? []) this.reported.push({ ...block } as LocatedBlock)
    return {}
  }

  #lengthBytes(): number {
    return this.blocks.reduce((sum, { block }) => sum + (block.numBytes ?? 0), 0)
  }
}
