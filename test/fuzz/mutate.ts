/** Small damage to bytes that were good: what turns a decoder's assumptions against it. */
import type { Random } from '../../shared/random.js'
import { oneOf } from '../support/message-generator.js'

const MAX_BYTES = 256 * 1024
/** Lengths and ids at which code changes its mind. */
const WORDS = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff]

type Mutation = (bytes: Buffer, random: Random) => Buffer

const flipBit: Mutation = (bytes, random) => {
  const copy = Buffer.from(bytes)
  const at = random.below(copy.length)
  copy[at] = (copy[at] ?? 0) ^ (1 << random.below(8))
  return copy
}
const setByte: Mutation = (bytes, random) => {
  const copy = Buffer.from(bytes)
  copy[random.below(copy.length)] = oneOf([0, 1, 0x7f, 0x80, 0xff, random.below(256)], random)
  return copy
}
const setWord: Mutation = (bytes, random) => {
  const copy = Buffer.from(bytes)
  if (copy.length >= 4) copy.writeUInt32BE(oneOf(WORDS, random), random.below(copy.length - 3))
  return copy
}
const cutOff: Mutation = (bytes, random) => bytes.subarray(0, random.below(bytes.length + 1))
const remove: Mutation = (bytes, random) => {
  const at = random.below(bytes.length)
  return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + random.below(8))])
}
const insert: Mutation = (bytes, random) => {
  const at = random.below(bytes.length + 1)
  return Buffer.concat([
    bytes.subarray(0, at),
    random.bytes(1 + random.below(16)),
    bytes.subarray(at),
  ])
}
const repeat: Mutation = (bytes, random) => {
  const from = random.below(bytes.length)
  const piece = bytes.subarray(from, from + 1 + random.below(64))
  const times = 1 + random.below(50)
  return Buffer.concat([
    bytes.subarray(0, from),
    ...Array.from({ length: times }, () => piece),
    bytes.subarray(from),
  ])
}
const MUTATIONS: readonly Mutation[] = [flipBit, setByte, setWord, cutOff, remove, insert, repeat]

/** One to four of them, one after the other. */
export function mutate(bytes: Buffer, random: Random): Buffer {
  let mutated = bytes
  for (let count = 1 + random.below(4); count > 0 && mutated.length > 0; count -= 1) {
    mutated = oneOf(MUTATIONS, random)(mutated, random)
  }
  return mutated.subarray(0, MAX_BYTES)
}
