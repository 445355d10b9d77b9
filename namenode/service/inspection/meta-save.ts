/**
 * `dfsadmin -metasave`: what block management is busy with, written into a file beside the logs in the lines of HDFS.
 * Lists are cut at a thousand: `dfs fsck` names every block.
 */
import { DfsError } from '../../../shared/errors.js'
import type { BlockId } from '../../../shared/ids.js'
import { javaDate } from '../../../shared/java-date.js'
import { binaryPrefix } from '../../policy/quotas.js'
import type { BlockManager, DatanodeView } from '../blocks/block-manager.js'
import type { Namespace } from '../namespace/namespace.js'

const MAX_BLOCKS_LISTED = 1000

export interface MetaSaveOptions {
  readonly namespace: Pick<Namespace, 'totals' | 'block' | 'pathOf'>
  readonly blockManager: Pick<BlockManager, 'statistics' | 'datanodes'>
  readonly missingBlocksAfter: (after: BlockId | 0, limit: number) => readonly BlockId[]
  /** Writes `text` into the file of this name in the folder of logs. */
  readonly writeLogFile: (name: string, text: string) => Promise<void>
}

export class MetaSave {
  readonly #options: MetaSaveOptions

  constructor(options: MetaSaveOptions) {
    this.#options = options
  }

  /**
   * @param name of a file; it never leaves the folder of logs (P7)
   * @throws DfsError ILLEGAL_ARGUMENT for what is no plain name
   */
  async save(name: string): Promise<void> {
    if (!/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/.test(name)) {
      throw new DfsError('ILLEGAL_ARGUMENT', `${JSON.stringify(name)} is not a plain file name`)
    }
    await this.#options.writeLogFile(name, this.text())
  }

  text(): string {
    const { namespace, blockManager, missingBlocksAfter } = this.#options
    const { files, directories, blocks } = namespace.totals()
    const now = blockManager.statistics()
    const nodes = blockManager.datanodes()
    const missing = missingBlocksAfter(0, MAX_BLOCKS_LISTED)
    const names = files + directories
    return [
      `${names} files and directories, ${blocks} blocks = ${names + blocks} total filesystem objects`,
      `Live Datanodes: ${now.liveDatanodes + now.staleDatanodes}`,
      `Dead Datanodes: ${now.deadDatanodes}`,
      `Metasave: Blocks waiting for reconstruction: ${now.underReplicatedBlocks}`,
      `Metasave: Blocks currently missing: ${now.missingBlocks}`,
      ...missing.map((it) => this.#missingLine(it)),
      'Mis-replicated blocks that have been postponed:',
      `Metasave: Blocks being reconstructed: ${now.pendingCopies}`,
      `Metasave: Blocks ${now.pendingDeletions} waiting deletion from ${nodes.length} datanodes.`,
      `Corrupt Blocks: ${now.corruptBlocks}`,
      `Metasave: Number of datanodes: ${nodes.length}`,
      ...nodes.map(nodeLine),
      '',
    ].join('\n')
  }

  #missingLine(id: BlockId): string {
    const { namespace } = this.#options
    const block = namespace.block(id)
    const path = block === undefined ? undefined : namespace.pathOf(block.inodeId)
    return `${path ?? '(deleted)'}: blk_${id}_${block?.generationStamp ?? 0} MISSING`
  }
}

function nodeLine(node: DatanodeView): string {
  const sum = (figure: 'capacityBytes' | 'usedBytes' | 'remainingBytes') =>
    node.storages.reduce((total, it) => total + it[figure], 0)
  const capacity = sum('capacityBytes')
  const used = sum('usedBytes')
  const withPrefix = (bytes: number) => `${bytes}(${binaryPrefix(bytes)})`
  const share = capacity === 0 ? '100.00' : ((used / capacity) * 100).toFixed(2)
  // There is no cache of blocks: its columns are those of an empty one.
  return [
    `${node.addresses[0] ?? ''}:${node.transferPort}`,
    node.liveness === 'dead' ? 'DEAD' : 'IN',
    ...[withPrefix(capacity), withPrefix(used), `${share}%`, withPrefix(sum('remainingBytes'))],
    ...['0(0 B)', '0(0 B)', '100.00%', '0(0 B)'],
    javaDate(node.lastHeartbeatWallMs),
  ].join(' ')
}
