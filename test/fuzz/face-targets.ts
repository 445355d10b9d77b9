/** The faces of a live cluster as targets: captured conversations of real clients, damaged, and calls made up by schema. */
import { join } from 'node:path'
import { callFrame, contextFrame, preambleBytes } from '../../shared/hadoop/ipc-frames.js'
import type { RpcMethod } from '../../shared/hadoop/rpc-protocol.js'
import {
  CLIENT_DATANODE_PROTOCOL,
  CLIENT_DATANODE_PROTOCOL_NAME,
} from '../../shared/hadoop/schema/client-datanode-protocol.js'
import {
  CLIENT_PROTOCOL,
  CLIENT_PROTOCOL_NAME,
} from '../../shared/hadoop/schema/client-protocol.js'
import {
  OpBlockChecksumProto,
  OperationCode,
  OpReadBlockProto,
  OpTransferBlockProto,
  OpWriteBlockProto,
} from '../../shared/hadoop/schema/data-transfer.js'
import { type Network, systemNetwork } from '../../shared/network.js'
import type { Random } from '../../shared/random.js'
import { EMPTY_TOKEN } from '../../shared/transfer/pipeline-node.js'
import { connected, type FaceName, type HostileCluster } from '../support/hostile-cluster.js'
import { oddValue, oneOf } from '../support/message-generator.js'
import {
  byConnection,
  captureFiles,
  GOLDEN_WIRE_FOLDER,
  readCapture,
} from '../support/wire-captures.js'
import type { FuzzTarget } from './fuzzer.js'
import { mutate } from './mutate.js'

export type FaceTargetName = 'ipc' | 'datanode-ipc' | 'transfer' | 'http' | 'datanode-http'
const FACES: Readonly<Record<FaceTargetName, FaceName>> = {
  ipc: 'rpc',
  'datanode-ipc': 'datanode-ipc',
  transfer: 'transfer',
  http: 'http',
  'datanode-http': 'datanode-http',
}

/** How long a server may take to react to an input before the client goes away. */
const PATIENCE_MS = 30

/** For the cluster under attack: an input may name any address, and none but this machine's may be reached. */
export const LOOPBACK_ONLY: Network = {
  listen: (...parameters) => systemNetwork.listen(...parameters),
  connect: (address, options) => {
    const host = address.host === '127.0.0.1' ? address.host : '127.0.0.1'
    const port = host === address.host ? address.port : 1
    return systemNetwork.connect({ host, port }, options)
  },
}

/** @param hostile owned by the caller */
export function faceTarget(name: FaceTargetName, hostile: HostileCluster): FuzzTarget {
  const face = hostile.faces[FACES[name]]
  const captured = capturedInputs(name)
  return {
    name,
    make: (random) => {
      const roll = random.below(10)
      if (roll < 4) return structured(name, hostile, random)
      const base = roll < 7 ? face.request : oneOf([face.request, ...captured], random)
      return mutate(base, random)
    },
    feed: (input) => send(face.port, input),
    check: async () => {
      await hostile.good(face.name)
      const failures = hostile.failures.splice(0)
      if (failures.length > 0) throw new Error(`the servers failed inside: ${failures.join('\n')}`)
      await hostile.expectNothingOpen()
    },
  }
}

async function send(port: number, input: Buffer): Promise<void> {
  const socket = await connected(port)
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  socket.resume()
  socket.write(input)
  await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, PATIENCE_MS))])
  socket.end()
  const cut = setTimeout(() => socket.destroy(), PATIENCE_MS)
  await closed
  clearTimeout(cut)
}

/** What real clients said on one connection. */
function capturedInputs(name: FaceTargetName): Buffer[] {
  const pattern = { ipc: /^nn#/, 'datanode-ipc': /ipc#/, transfer: /xfer#/ }[name as 'ipc']
  if (pattern === undefined) return []
  const inputs: Buffer[] = []
  for (const file of captureFiles(GOLDEN_WIRE_FOLDER)) {
    for (const [connection, messages] of byConnection(readCapture(join(file)))) {
      if (!pattern.test(connection)) continue
      const sent = messages.filter((it) => it.direction === 'to-server')
      const bytes = sent.flatMap((it) => (it.bytes === undefined ? [] : [it.bytes])).slice(0, 20)
      if (bytes.length > 0) inputs.push(Buffer.concat(bytes).subarray(0, 20_000))
    }
  }
  return inputs
}

function structured(name: FaceTargetName, hostile: HostileCluster, random: Random): Buffer {
  switch (name) {
    case 'ipc':
      return calls(CLIENT_PROTOCOL, CLIENT_PROTOCOL_NAME, random)
    case 'datanode-ipc':
      return calls(CLIENT_DATANODE_PROTOCOL, CLIENT_DATANODE_PROTOCOL_NAME, random)
    case 'transfer':
      return operation(hostile, random)
    default:
      return httpRequest(hostile.faces[FACES[name]].request, random)
  }
}

/** A user without rights: some calls of a superuser are meant to harm. */
const USERS = ['nobody', 'carol', 'x'.repeat(255)]

function calls(
  methods: Readonly<Record<string, RpcMethod>>,
  protocolName: string,
  random: Random,
): Buffer {
  const clientId = random.bytes(oneOf([16, 16, 16, 0, 8], random))
  const context = { userInfo: { effectiveUser: oneOf(USERS, random) }, protocol: protocolName }
  const frames = Array.from({ length: 1 + random.below(5) }, (_, callId) => {
    const method = oneOf(Object.values(methods), random)
    const request = oddValue(method.request, random) as never
    return callFrame({ method, request, protocolName, callId, clientId, retryCount: 0 })
  })
  const good = Buffer.concat([preambleBytes(0), contextFrame(clientId, context), ...frames])
  return random.below(3) === 0 ? mutate(good, random) : good
}

const READING = [
  [OperationCode.READ_BLOCK, OpReadBlockProto],
  [OperationCode.TRANSFER_BLOCK, OpTransferBlockProto],
  [OperationCode.BLOCK_CHECKSUM, OpBlockChecksumProto],
] as const

/** Reads are of the good block as well; writers without a token may rightly do it harm, so theirs are others. */
function operation({ block }: HostileCluster, random: Random): Buffer {
  const isWrite = random.below(3) === 0
  const [code, type] = isWrite
    ? ([OperationCode.WRITE_BLOCK, OpWriteBlockProto] as const)
    : oneOf(READING, random)
  const value = oddValue(type, random)
  if (random.below(4) > 0) {
    const target = isWrite ? { ...block, blockId: 1 + random.below(1e9) } : block
    const baseHeader = { block: target, token: EMPTY_TOKEN }
    const isPlain = code === OperationCode.BLOCK_CHECKSUM
    value['header'] = isPlain ? baseHeader : { baseHeader, clientName: 'fuzz' }
  }
  const head = Buffer.from([0, 28, random.below(20) === 0 ? random.below(256) : code])
  const rest = random.below(2) === 0 ? random.bytes(random.below(200)) : Buffer.alloc(0)
  return Buffer.concat([head, type.encodeDelimited(value as never), rest])
}

const METHODS = ['GET', 'PUT', 'POST', 'DELETE', 'HEAD', 'OPTIONS', 'PATCH', 'TRACE', 'CONNECT']
const URLS = [
  '/',
  '/api/v1/files/',
  '/api/v1/files/good',
  '/api/v1/files/%00',
  '/webhdfs/v1/?op=LISTSTATUS',
  '/webhdfs/v1/good?op=OPEN&offset=-1',
  '/webhdfs/v1/good?op=DELETE&recursive=x',
  '/webhdfs/v1/x?op=CREATE&blocksize=0',
  '/internal/v1/heartbeat',
  '/fsck?path=/',
  '/api/v1/fsck?path=/%00',
  '/metrics',
  '/healthz',
  '*',
  'http://evil/',
]
const HEADERS = [
  'Content-Length: 5',
  'Content-Length: -1',
  'Transfer-Encoding: chunked',
  'Content-Type: application/json',
  'Content-Type: multipart/form-data; boundary=x',
  'Expect: 100-continue',
  'Range: bytes=0-',
  'Range: bytes=9-1,2-3',
  'Content-Encoding: gzip',
  'Connection: close',
  'Origin: http://evil',
  'Authorization: Bearer x',
  'Upgrade: x',
]

function httpRequest(request: Buffer, random: Random): Buffer {
  if (random.below(4) === 0) return mutate(request, random)
  const headers = Array.from({ length: random.below(4) }, () => `${oneOf(HEADERS, random)}\r\n`)
  const head = `${oneOf(METHODS, random)} ${oneOf(URLS, random)} HTTP/1.1\r\nHost: x\r\n${headers.join('')}\r\n`
  const body = oneOf(['', '{"a":1}', '5\r\nhello\r\n0\r\n\r\n', 'ffffffff\r\n', '[[[[[['], random)
  return Buffer.from(`${head}${body}`)
}
