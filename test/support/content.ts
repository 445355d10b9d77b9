/** Bytes that look random, are the same for the same seed, and cost little. */

/** `lengthBytes` of xorshift: no two aligned chunks are equal, so a misplaced one shows. */
export function content(seed: number, lengthBytes: number): Buffer {
  const words = new Uint32Array(Math.ceil(lengthBytes / 4))
  let state = (seed * 2654435761 + 0x9e3779b9) >>> 0 || 1
  for (let index = 0; index < words.length; index += 1) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    words[index] = state
  }
  return Buffer.from(words.buffer, 0, lengthBytes)
}
