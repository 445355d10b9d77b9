/** Real RPC traffic must survive our schemas: decoded and encoded again, every message has the same bytes. */
import { describe, expect, it } from 'vitest'
import type { AnyMessage, RpcMethod } from '../../../../shared/hadoop/rpc-protocol.js'
import {
  CLIENT_DATANODE_PROTOCOL,
  CLIENT_DATANODE_PROTOCOL_NAME,
} from '../../../../shared/hadoop/schema/client-datanode-protocol.js'
import {
  CLIENT_PROTOCOL,
  CLIENT_PROTOCOL_NAME,
} from '../../../../shared/hadoop/schema/client-protocol.js'
import {
  IpcConnectionContextProto,
  RequestHeaderProto,
  RpcRequestHeaderProto,
  RpcResponseHeaderProto,
  RpcSaslProto,
  RpcStatus,
  SpecialCallId,
} from '../../../../shared/hadoop/schema/ipc.js'
import {
  GET_USER_MAPPINGS_PROTOCOL,
  GET_USER_MAPPINGS_PROTOCOL_NAME,
  HA_SERVICE_PROTOCOL,
  HA_SERVICE_PROTOCOL_NAME,
  REFRESH_AUTHORIZATION_POLICY_PROTOCOL,
  REFRESH_AUTHORIZATION_POLICY_PROTOCOL_NAME,
  REFRESH_CALL_QUEUE_PROTOCOL,
  REFRESH_CALL_QUEUE_PROTOCOL_NAME,
  REFRESH_USER_MAPPINGS_PROTOCOL,
  REFRESH_USER_MAPPINGS_PROTOCOL_NAME,
} from '../../../../shared/hadoop/schema/namenode-side-protocols.js'
import { ProtoReader } from '../../../../shared/hadoop/wire.js'
import {
  byConnection,
  type CapturedMessage,
  captureFiles,
  GOLDEN_WIRE_FOLDER,
  readCapture,
} from '../../../support/wire-captures.js'

const METHODS: Readonly<Record<string, Readonly<Record<string, RpcMethod>>>> = {
  [CLIENT_PROTOCOL_NAME]: CLIENT_PROTOCOL,
  [CLIENT_DATANODE_PROTOCOL_NAME]: CLIENT_DATANODE_PROTOCOL,
  [GET_USER_MAPPINGS_PROTOCOL_NAME]: GET_USER_MAPPINGS_PROTOCOL,
  [HA_SERVICE_PROTOCOL_NAME]: HA_SERVICE_PROTOCOL,
  [REFRESH_AUTHORIZATION_POLICY_PROTOCOL_NAME]: REFRESH_AUTHORIZATION_POLICY_PROTOCOL,
  [REFRESH_CALL_QUEUE_PROTOCOL_NAME]: REFRESH_CALL_QUEUE_PROTOCOL,
  [REFRESH_USER_MAPPINGS_PROTOCOL_NAME]: REFRESH_USER_MAPPINGS_PROTOCOL,
}
/** Probes of odd input are replayed by ipc-edge-cases.test.ts instead. */
const NOT_HERE = /edge-/
const files = captureFiles(process.env['DFS_WIRE_CAPTURES'] ?? GOLDEN_WIRE_FOLDER).filter(
  (it) => !NOT_HERE.test(it),
)

describe('captured RPC messages', () => {
  const seen = new Set<string>()

  it.each(files)('have the same bytes after decoding and encoding: %s', (file) => {
    for (const [connection, messages] of byConnection(readCapture(file))) {
      if (/^(nn|dn\d+ipc)#/.test(connection)) checkConversation(messages, seen)
    }
  })

  it('cover the calls that clients make most', () => {
    const expected = `getFileInfo getListing getBlockLocations mkdirs create addBlock complete delete rename2 append
      getServerDefaults getContentSummary fsync renewLease updateBlockForPipeline updatePipeline getAdditionalDatanode
      abandonBlock setReplication setPermission setOwner setTimes getFsStats getDatanodeReport setSafeMode truncate
      getAclStatus setXAttr getXAttrs createSnapshot getSnapshotDiffReport setQuota getEditsFromTxid
      getReplicaVisibleLength`
    expect([...seen]).toEqual(expect.arrayContaining(expected.split(/\s+/)))
  })
})

function checkConversation(messages: readonly CapturedMessage[], seen: Set<string>): void {
  const outstanding = new Map<number, RpcMethod>()
  for (const message of messages) {
    const { bytes } = message
    if (bytes === undefined || /^(preamble|FIN|RST|raw|rest|partial)$/.test(message.what)) continue
    const isWhole = bytes.length >= 4 && bytes.readInt32BE(0) === bytes.length - 4
    expect(isWhole, `${message.where} is a frame`).toBe(true)
    const reader = new ProtoReader(bytes, 4, bytes.length)
    const parts =
      message.direction === 'to-server'
        ? requestParts(reader, outstanding, seen)
        : responseParts(reader, outstanding)
    expect(reader.atEnd, `${message.where} is read to its end`).toBe(true)
    expect(Buffer.concat(parts).toString('hex'), message.where).toBe(bytes.toString('hex', 4))
  }
}

/** Reads a delimited message and returns its bytes as we would write them. */
function again(type: AnyMessage, reader: ProtoReader): Buffer {
  return type.encodeDelimited(type.decodeDelimited(reader))
}

function requestParts(
  reader: ProtoReader,
  outstanding: Map<number, RpcMethod>,
  seen: Set<string>,
): Buffer[] {
  const header = RpcRequestHeaderProto.decodeDelimited(reader)
  const parts = [RpcRequestHeaderProto.encodeDelimited(header)]
  if (header.callId === SpecialCallId.PING) return parts
  if (header.callId === SpecialCallId.CONNECTION_CONTEXT) {
    return [...parts, again(IpcConnectionContextProto, reader)]
  }
  if (header.callId === SpecialCallId.SASL) return [...parts, again(RpcSaslProto, reader)]
  const call = RequestHeaderProto.decodeDelimited(reader)
  const method = METHODS[call.declaringClassProtocolName]?.[call.methodName]
  if (method === undefined) throw new Error(`no schema for ${call.methodName}`)
  seen.add(method.name)
  outstanding.set(header.callId, method)
  return [...parts, RequestHeaderProto.encodeDelimited(call), again(method.request, reader)]
}

function responseParts(reader: ProtoReader, outstanding: ReadonlyMap<number, RpcMethod>): Buffer[] {
  const header = RpcResponseHeaderProto.decodeDelimited(reader)
  const parts = [RpcResponseHeaderProto.encodeDelimited(header)]
  if (header.status !== RpcStatus.SUCCESS) return parts
  if ((header.callId | 0) === SpecialCallId.SASL) return [...parts, again(RpcSaslProto, reader)]
  const method = outstanding.get(header.callId)
  if (method === undefined) throw new Error(`a reply to no call: ${header.callId}`)
  return [...parts, again(method.response, reader)]
}
