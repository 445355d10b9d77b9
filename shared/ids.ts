/**
 * Branded identifiers: a block id cannot be passed where an inode id is meant. All of them are allocated below 2^53,
 * so a JavaScript number holds them exactly (and WebHDFS may put them in JSON).
 */
declare const brand: unique symbol
type Branded<T, Name extends string> = T & { readonly [brand]: Name }

/** Inode number; the root is 16385 as in HDFS. */
export type InodeId = Branded<number, 'InodeId'>
/** Block number, from 1073741825 upwards as in HDFS. */
export type BlockId = Branded<number, 'BlockId'>
/** Version of a block: grows with every recovery, never goes back. */
export type GenerationStamp = Branded<number, 'GenerationStamp'>
/** UUID that a datanode keeps in its version file; its identity, whatever its address. */
export type DatanodeUuid = Branded<string, 'DatanodeUuid'>
/** `DS-<uuid>`: one volume of one datanode. */
export type StorageId = Branded<string, 'StorageId'>
/** Transaction number of the edit log. */
export type TransactionId = Branded<number, 'TransactionId'>
/** Counts the starts of namenodes of a cluster: whoever has the higher one may command. */
export type Epoch = Branded<number, 'Epoch'>

export const ROOT_INODE_ID = 16385 as InodeId
export const FIRST_BLOCK_ID = 1073741825 as BlockId
export const FIRST_GENERATION_STAMP = 1001 as GenerationStamp

export const inodeId = (value: number): InodeId => value as InodeId
export const blockId = (value: number): BlockId => value as BlockId
export const generationStamp = (value: number): GenerationStamp => value as GenerationStamp
export const datanodeUuid = (value: string): DatanodeUuid => value as DatanodeUuid
export const storageId = (value: string): StorageId => value as StorageId
export const transactionId = (value: number): TransactionId => value as TransactionId
export const epoch = (value: number): Epoch => value as Epoch

/** A block as it is named between the parties: number, version, length. */
export interface Block {
  readonly id: BlockId
  readonly generationStamp: GenerationStamp
  readonly lengthBytes: number
}
