/** The decoder of messages: whatever the bytes, it gives a value that can be encoded again, or says MALFORMED_MESSAGE. */
import { DfsError } from '../../shared/errors.js'
import { MessageType } from '../../shared/hadoop/message.js'
import type { AnyMessage } from '../../shared/hadoop/rpc-protocol.js'
import { CLIENT_PROTOCOL } from '../../shared/hadoop/schema/client-protocol.js'
import * as dataTransfer from '../../shared/hadoop/schema/data-transfer.js'
import * as ipc from '../../shared/hadoop/schema/ipc.js'
import { oddValue, oneOf } from '../support/message-generator.js'
import type { FuzzTarget } from './fuzzer.js'
import { mutate } from './mutate.js'

/** Every message that a stranger may send us. */
const TYPES: readonly AnyMessage[] = [
  ...Object.values(CLIENT_PROTOCOL).flatMap(({ request, response }) => [request, response]),
  ...[...Object.values(dataTransfer), ...Object.values(ipc)].filter(
    (it): it is AnyMessage => it instanceof MessageType,
  ),
]

/** @param decode replaced by a broken one in the test of the fuzzer itself */
export function messageTarget(
  decode: (type: AnyMessage, bytes: Buffer) => unknown = (type, bytes) => type.decode(bytes),
): FuzzTarget {
  return {
    name: 'message',
    // The first two bytes choose the type.
    make: (random) => {
      const index = random.below(TYPES.length)
      const type = oneOf(TYPES.slice(index, index + 1), random)
      const good = type.encode(oddValue(type, random) as never)
      const head = Buffer.alloc(2)
      head.writeUInt16BE(index)
      return Buffer.concat([head, random.below(10) === 0 ? good : mutate(good, random)])
    },
    feed: async (input) => {
      const type = TYPES[input.length < 2 ? 0 : input.readUInt16BE(0) % TYPES.length]
      if (type === undefined) return
      let value: unknown
      try {
        value = decode(type, input.subarray(2))
      } catch (error) {
        if (error instanceof DfsError && error.code === 'MALFORMED_MESSAGE') return
        throw error
      }
      decode(type, type.encode(value as never))
    },
    check: async () => {},
  }
}
