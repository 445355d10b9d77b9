/** Which blocks of a file a range of its bytes needs (table: protocol reference 2.4). */
import type { BlockRecord, PlacedBlock } from './namespace-model.js'

/**
 * @param blocks all blocks of a file, in order
 * @param lengthBytes 0 asks for the block at the offset
 */
export function placeBlocks(
  blocks: readonly BlockRecord[],
  offsetBytes: number,
  lengthBytes: number,
): { readonly blocks: PlacedBlock[]; readonly lastBlock: PlacedBlock | undefined } {
  const placed: PlacedBlock[] = []
  let position = 0
  for (const block of blocks) {
    placed.push({ ...block, offsetBytes: position })
    position += block.lengthBytes
  }
  const first = placed.findIndex((it) => it.offsetBytes + it.lengthBytes > offsetBytes)
  const lastBlock = placed.at(-1)
  if (first === -1) return { blocks: [], lastBlock }
  const end = offsetBytes + lengthBytes
  const inRange = placed.slice(first).filter((it, index) => index === 0 || it.offsetBytes < end)
  return { blocks: inRange, lastBlock }
}
