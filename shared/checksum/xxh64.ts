/**
 * xxHash64 of stored data, 64 KiB at a time (9 GB/s with warm memory; the streaming form is slower for small pieces).
 * WebAssembly is compiled asynchronously: servers do it once, before they open anything. The shorter road, an `await`
 * at the top of a module, would rule out that the `dfs` command is one script, whose compiled code can be kept.
 */
import loadLibrary from 'xxhash-wasm'
import { assert } from '../assert.js'

let hash: ((bytes: Uint8Array) => bigint) | undefined

/** Compiles the WebAssembly once for each process. */
export async function loadXxh64(): Promise<void> {
  hash ??= (await loadLibrary()).h64Raw
}

/** xxHash64 with seed 0; after `loadXxh64`. */
export function xxh64(bytes: Uint8Array): bigint {
  assert(hash !== undefined, 'loadXxh64 is awaited before the first hash')
  return hash(bytes)
}
