/**
 * Digests of a storage's contents, one for each bucket of block ids: a datanode sends them, the namenode computes the
 * same from its replica map, and only buckets that differ are listed. XOR of the replicas' hashes, so that the order
 * does not matter and a single change moves a digest without recomputing its bucket.
 *
 * A hash is xxh64 over 32 bytes: id, generation stamp, length, state (0 finalized, 1 being written), each an unsigned
 * 64-bit little-endian word. XOR of 64-bit hashes is no defence against an attacker; the parties trust each other.
 */
import { assert } from '../assert.js'
import { xxh64 } from '../checksum/xxh64.js'
import { REPORT_BUCKET_BITS } from './messages.js'

const BUCKET_SIZE = 2 ** REPORT_BUCKET_BITS
const STATE_CODES = { finalized: 0, 'being-written': 1 } as const

export interface DigestedReplica {
  readonly id: number
  readonly generationStamp: number
  readonly lengthBytes: number
  readonly state: 'finalized' | 'being-written'
}

export interface BucketDigest {
  readonly bucket: number
  readonly count: number
  /** 16 hexadecimal digits. */
  readonly digest: string
}

/** The bucket of a block id: ids that share everything above the low 12 bits. */
export function bucketOf(id: number): number {
  return Math.floor(id / BUCKET_SIZE)
}

const encoding = new Uint8Array(32)
const words = new DataView(encoding.buffer)

/** The hash of one replica; a bucket's digest is the XOR of these. */
export function replicaHash(replica: DigestedReplica): bigint {
  writeWord(0, replica.id)
  writeWord(8, replica.generationStamp)
  writeWord(16, replica.lengthBytes)
  writeWord(24, STATE_CODES[replica.state])
  return xxh64(encoding)
}

/** The digest of a set of replicas, in any order; of none it is sixteen zeros. */
export function digestOf(replicas: Iterable<DigestedReplica>): string {
  let digest = 0n
  for (const replica of replicas) digest ^= replicaHash(replica)
  return formatDigest(digest)
}

/** A digest as it appears in messages: 16 hexadecimal digits. */
export function formatDigest(digest: bigint): string {
  return digest.toString(16).padStart(16, '0')
}

/** The digests of all non-empty buckets, by ascending bucket number. Replicas may come in any order, each once. */
export function bucketDigests(replicas: Iterable<DigestedReplica>): BucketDigest[] {
  const buckets = new Map<number, { count: number; digest: bigint }>()
  for (const replica of replicas) {
    const bucket = bucketOf(replica.id)
    const hash = replicaHash(replica)
    const entry = buckets.get(bucket)
    if (entry === undefined) buckets.set(bucket, { count: 1, digest: hash })
    else {
      entry.count += 1
      entry.digest ^= hash
    }
  }
  return [...buckets]
    .sort(([a], [b]) => a - b)
    .map(([bucket, { count, digest }]) => ({ bucket, count, digest: formatDigest(digest) }))
}

function writeWord(at: number, value: number): void {
  assert(Number.isSafeInteger(value) && value >= 0, 'a digested number is an unsigned integer')
  words.setUint32(at, value % 2 ** 32, true)
  words.setUint32(at + 4, Math.floor(value / 2 ** 32), true)
}
