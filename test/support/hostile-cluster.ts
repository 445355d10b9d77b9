/**
 * A whole cluster whose faces are talked to in bytes, right or wrong: each face knows a good conversation, which must
 * work after every bad one, and what is open is counted, so that a leak shows.
 */
import { createConnection, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import { type Cluster, type ClusterOptions, startCluster } from '../../embedded/start-cluster.js'
import { callFrame, contextFrame, preambleBytes } from '../../shared/hadoop/ipc-frames.js'
import {
  CLIENT_DATANODE_PROTOCOL,
  CLIENT_DATANODE_PROTOCOL_NAME,
} from '../../shared/hadoop/schema/client-datanode-protocol.js'
import {
  CLIENT_PROTOCOL,
  CLIENT_PROTOCOL_NAME,
} from '../../shared/hadoop/schema/client-protocol.js'
import { RpcStatus } from '../../shared/hadoop/schema/ipc.js'
import type { Log } from '../../shared/log.js'
import { encodeReadBlock } from '../../shared/transfer/operations.js'
import { EMPTY_TOKEN, type ExtendedBlock } from '../../shared/transfer/pipeline-node.js'
import { content } from './content.js'
import { RawConnection } from './raw-connection.js'
import { BRISK } from './test-cluster.js'
import { waitUntil } from './wait-until.js'

const CLIENT_ID = Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex')
const GOOD_BYTES = 3000

export type FaceName = 'rpc' | 'datanode-ipc' | 'transfer' | 'http' | 'datanode-http'
export const FACE_NAMES: readonly FaceName[] = [
  'rpc',
  'datanode-ipc',
  'transfer',
  'http',
  'datanode-http',
]

export interface Face {
  readonly name: FaceName
  readonly port: number
  /** All that a client sends in one good conversation. */
  readonly request: Buffer
  /** Whether what came back so far is its whole good answer. */
  readonly isAnswered: (received: Buffer) => boolean
}

export interface HostileCluster {
  readonly cluster: Cluster
  /** The only block of the file `/good`, on both datanodes. */
  readonly block: ExtendedBlock
  readonly faces: Readonly<Record<FaceName, Face>>
  /** What the servers logged as failures of their own. */
  readonly failures: string[]
  /** Plays the good conversation of a face; fails unless it is answered as always. */
  good(name: FaceName): Promise<void>
  /** Fails unless all connections that were opened since the start are gone on both sides. */
  expectNothingOpen(): Promise<void>
}

/** Starts two datanodes and a file; ends with the running test unless `closing` takes it. */
export async function startHostileCluster(
  options: ClusterOptions = {},
  closing: (close: () => Promise<void>) => void = onTestFinished,
): Promise<HostileCluster> {
  const failures: string[] = []
  const cluster = await startCluster({
    datanodes: 2,
    log: failureLog(failures),
    ...options,
    settings: { ...BRISK, 'report.full-interval': '1h', ...options.settings },
  })
  closing(() => cluster.stop())
  const client = cluster.client()
  await client.writeFile('/good', content(1, GOOD_BYTES), { replication: 2 })
  const [datanode] = cluster.datanodes
  const block = await goodBlock(cluster)
  if (datanode === undefined) throw new Error('the cluster has no datanode')
  const faces: HostileCluster['faces'] = {
    rpc: {
      name: 'rpc',
      port: cluster.namenode.rpcPort,
      request: rpcRequest(),
      isAnswered: isReply,
    },
    'datanode-ipc': {
      name: 'datanode-ipc',
      port: datanode.ipcPort,
      request: datanodeIpcRequest(),
      isAnswered: isReply,
    },
    transfer: {
      name: 'transfer',
      port: datanode.transferPort,
      request: readRequest(block),
      // The reply, sums and data, and the last packet.
      isAnswered: (received) => received.length > GOOD_BYTES + 31,
    },
    http: {
      name: 'http',
      port: cluster.namenode.httpPort,
      request: Buffer.from('GET /api/v1/files/?user.name=root HTTP/1.1\r\nHost: localhost\r\n\r\n'),
      isAnswered: isOk,
    },
    'datanode-http': {
      name: 'datanode-http',
      port: datanode.httpPort,
      request: Buffer.from('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n'),
      isAnswered: isOk,
    },
  }
  for (const face of Object.values(faces)) await converse(face)
  const before = openSockets()
  return {
    cluster,
    block,
    faces,
    failures,
    good: (name) => converse(faces[name]),
    expectNothingOpen: async () => {
      await waitUntil(() => openSockets() <= before, {
        what: `no more than ${before} open sockets`,
        explain: openSockets,
      })
    },
  }
}

/** Connections of this process, of both sides: servers run in it too. */
export function openSockets(): number {
  return process.getActiveResourcesInfo().filter((it) => it === 'TCPSocketWrap').length
}

/** Sends `parts` one after the other and vanishes: politely, or with a reset. */
export async function vanishAfter(
  port: number,
  bytes: Uint8Array,
  how: 'end' | 'reset',
): Promise<void> {
  const socket = await connected(port)
  await new Promise<void>((resolve) => socket.write(bytes, () => resolve()))
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  socket.resume()
  if (how === 'end') socket.end()
  else socket.resetAndDestroy()
  await closed
}

/** A plain socket that does not mind being cut off. */
export async function connected(port: number): Promise<Socket> {
  const socket = createConnection({ port, host: '127.0.0.1', noDelay: true })
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('error', reject)
  })
  socket.on('error', () => socket.destroy())
  return socket
}

async function converse(face: Face): Promise<void> {
  const connection = await RawConnection.open(face.port)
  connection.send(face.request)
  try {
    await waitUntil(() => face.isAnswered(connection.received), {
      what: `a good answer of the ${face.name} face`,
      timeoutMs: 20_000,
      explain: () => connection.received.toString('latin1').slice(0, 400),
    })
  } finally {
    await connection.destroy()
  }
}

/** The block of `/good`, as a client learns it. */
async function goodBlock(cluster: Cluster): Promise<ExtendedBlock> {
  const connection = await RawConnection.open(cluster.namenode.rpcPort)
  const context = { userInfo: { effectiveUser: 'root' }, protocol: CLIENT_PROTOCOL_NAME }
  connection.send(preambleBytes(0), contextFrame(CLIENT_ID, context), getLocations())
  const { header, body } = await connection.reply()
  if (header.status !== RpcStatus.SUCCESS) throw new Error(header.errorMsg)
  const { locations } = CLIENT_PROTOCOL.getBlockLocations.response.decodeDelimited(body)
  await connection.destroy()
  const block = locations?.blocks[0]?.b
  if (block === undefined) throw new Error('the cluster has no block')
  return block
}

function getLocations(): Buffer {
  const request = { src: '/good', offset: 0, length: 1 }
  return call(CLIENT_PROTOCOL.getBlockLocations, request, CLIENT_PROTOCOL_NAME)
}

export function rpcRequest(): Buffer {
  const context = { userInfo: { effectiveUser: 'root' }, protocol: CLIENT_PROTOCOL_NAME }
  return Buffer.concat([
    preambleBytes(0),
    contextFrame(CLIENT_ID, context),
    call(CLIENT_PROTOCOL.getFileInfo, { src: '/good' }, CLIENT_PROTOCOL_NAME),
  ])
}

function datanodeIpcRequest(): Buffer {
  const context = { userInfo: { effectiveUser: 'root' }, protocol: CLIENT_DATANODE_PROTOCOL_NAME }
  return Buffer.concat([
    preambleBytes(0),
    contextFrame(CLIENT_ID, context),
    call(CLIENT_DATANODE_PROTOCOL.getDatanodeInfo, {}, CLIENT_DATANODE_PROTOCOL_NAME),
  ])
}

function call(
  method: Parameters<typeof callFrame>[0]['method'],
  request: object,
  protocolName: string,
) {
  return callFrame({ method, request, protocolName, callId: 1, clientId: CLIENT_ID, retryCount: 0 })
}

function readRequest(block: ExtendedBlock): Buffer {
  return encodeReadBlock({
    header: { baseHeader: { block, token: EMPTY_TOKEN }, clientName: 'good' },
    offset: 0,
    len: GOOD_BYTES,
  })
}

/** A whole frame whose header says SUCCESS (08 callId 10 00). */
function isReply(received: Buffer): boolean {
  if (received.length < 4 || received.length < 4 + received.readInt32BE(0)) return false
  return received.subarray(5, 9).toString('hex') === '08011000'
}

const isOk = (received: Buffer) => received.toString('latin1').startsWith('HTTP/1.1 200')

function failureLog(failures: string[]): Log {
  const nothing = () => {}
  const log: Log = {
    debug: nothing,
    info: nothing,
    warn: nothing,
    error: (fields, event) => failures.push(`${event} ${describe(fields)}`),
    child: () => log,
  }
  return log
}

function describe(fields: object): string {
  return Object.entries(fields)
    .map(([name, value]) => `${name}=${value instanceof Error ? value.stack : String(value)}`)
    .join(' ')
}
