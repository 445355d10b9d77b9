/**
 * What the calls of a connection begin with is nearly the same each time: a header in which the call id alone differs, and
 * one for each method. Comparing their bytes with those of earlier ones costs a tenth of decoding them.
 */
import type { RpcRequestHeader } from './ipc-frames.js'
import type { Decoded } from './message.js'
import { RequestHeaderProto, RpcKind, RpcOperation, RpcRequestHeaderProto } from './schema/ipc.js'
import { type ProtoReader, ProtoWriter } from './wire.js'

export type MethodHeader = Decoded<typeof RequestHeaderProto>

const MAX_METHODS = 8
/** Longer ones are no method of ours. */
const MAX_METHOD_BYTES = 256
/** A client that writes its headers in another way is not asked for ever. */
const MAX_ATTEMPTS = 8
/** Kind and operation of every call, and the tag of the call id: how Hadoop's clients begin. */
const BEGINNING = RpcRequestHeaderProto.encode({
  ...{ rpcKind: RpcKind.PROTOCOL_BUFFER, rpcOp: RpcOperation.FINAL_PACKET },
  ...{ callId: 0, clientId: new Uint8Array(0) },
}).subarray(0, 5)

/** A header without anything that a client may add to it. */
interface PlainHeader {
  readonly clientId: Uint8Array
  readonly retryCount: number
  /** Its bytes behind the call id. */
  readonly ending: Uint8Array
}

export class HeaderMemory {
  #header: PlainHeader | undefined
  #attempts = 0
  readonly #methods: { readonly bytes: Uint8Array; readonly header: MethodHeader }[] = []

  /** As `RpcRequestHeaderProto.decodeDelimited`. The client's id is the same object as long as it has the same bytes. */
  readHeader(reader: ProtoReader): RpcRequestHeader {
    const bytes = reader.nested()
    const start = bytes.position
    const known = this.#header
    if (known !== undefined && bytes.passes(BEGINNING)) {
      const callId = bytes.zigzag()
      if (bytes.passes(known.ending) && bytes.atEnd) {
        const { clientId, retryCount } = known
        return { rpcKind: RpcKind.PROTOCOL_BUFFER, rpcOp: 0, callId, clientId, retryCount }
      }
    }
    const encoded = bytes.copyFrom(start)
    const header = RpcRequestHeaderProto.decode(encoded)
    if (this.#attempts < MAX_ATTEMPTS) this.#remember(header, encoded)
    return header
  }

  /** Only what would be encoded just so has nothing more in it than is kept here. */
  #remember(header: RpcRequestHeader, encoded: Buffer): void {
    const { rpcKind, rpcOp, callId, clientId, retryCount } = header
    const plain = RpcRequestHeaderProto.encode({ rpcKind, rpcOp, callId, clientId, retryCount })
    if (retryCount === undefined || !plain.equals(encoded) || !startsAsUsual(encoded)) {
      this.#attempts += 1
      return
    }
    const writer = new ProtoWriter()
    writer.zigzag(callId)
    const ending = encoded.subarray(BEGINNING.length + writer.finish().length)
    this.#header = { clientId, retryCount, ending }
  }

  /** As `RequestHeaderProto.decodeDelimited`. */
  readMethod(reader: ProtoReader): MethodHeader {
    for (const { bytes, header } of this.#methods) if (reader.passes(bytes)) return header
    const start = reader.position
    const header = RequestHeaderProto.decodeDelimited(reader)
    if (reader.position - start <= MAX_METHOD_BYTES) {
      this.#methods.unshift({ bytes: reader.copyFrom(start, reader.position), header })
      if (this.#methods.length > MAX_METHODS) this.#methods.pop()
    }
    return header
  }
}

const startsAsUsual = (encoded: Buffer): boolean =>
  encoded.subarray(0, BEGINNING.length).equals(BEGINNING)
