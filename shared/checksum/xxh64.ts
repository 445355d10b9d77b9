/**
 * xxHash64 of stored data, 64 KiB at a time. Native code reads it where it is; WebAssembly, which served before, wants
 * it copied into a memory of its own: a get of a gigabyte cost the datanodes a twentieth more.
 */
import { xxh64 as libraryXxh64 } from '@node-rs/xxhash'

/** xxHash64 with seed 0. */
export function xxh64(bytes: Uint8Array): bigint {
  return libraryXxh64(bytes)
}
