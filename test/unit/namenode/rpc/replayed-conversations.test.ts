/**
 * What real clients said to Apache HDFS, said to our namenode: answers must agree in everything that does not depend on
 * the run (ids, stamps, times, addresses). Ids in the requests are exchanged for those that our answers gave.
 */
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  CLIENT_PROTOCOL,
  type ClientProtocolMethod,
} from '../../../../shared/hadoop/schema/client-protocol.js'
import {
  RequestHeaderProto,
  RpcRequestHeaderProto,
  RpcResponseHeaderProto,
  RpcStatus,
} from '../../../../shared/hadoop/schema/ipc.js'
import { ProtoReader } from '../../../../shared/hadoop/wire.js'
import { blockId } from '../../../../shared/ids.js'
import { type NamenodeRpc, openNamenodeRpc } from '../../../support/namenode-rpc.js'
import { RawConnection } from '../../../support/raw-connection.js'
import {
  type CapturedMessage,
  GOLDEN_WIRE_FOLDER,
  readCapture,
} from '../../../support/wire-captures.js'

/** Named in the order in which they build on each other. */
const CONVERSATIONS: readonly (readonly [capture: string, connections: readonly string[]])[] = [
  ['java-mkdir', ['nn#1', 'nn#2', 'nn#3', 'nn#4']],
  ['java-put-513', ['nn#1']],
  ['java-ls', ['nn#1', 'nn#4', 'nn#3']],
  ['go-write', ['nn#1', 'nn#2']],
  ['native-write', ['nn#1', 'nn#2']],
]

/** Values that the run decides; an absent one must still be absent, and a zero stays a zero. */
const RUN_DEPENDENT =
  /^(blockId|generationStamp|poolId|fileId|modification_time|access_time|clientMachine)$/
/** Ids that clients send back. */
const ECHOED = /^(blockId|generationStamp|poolId|fileId)$/

let namenode: NamenodeRpc

beforeEach(async () => {
  namenode = await openNamenodeRpc({ datanodes: 4, change: { supergroup: 'root' } })
})
afterEach(() => namenode.close())

describe('a conversation with Apache HDFS, replayed', () => {
  it('gets the same answers', async () => {
    const exchange = new Exchange()
    let compared = 0
    for (const [capture, connections] of CONVERSATIONS) {
      if (capture === 'java-put-513') await createEmptyFiles('/j/f0', '/j/f1')
      const messages = readCapture(join(GOLDEN_WIRE_FOLDER, `${capture}.jsonl`))
      for (const connection of connections) {
        compared += await replay(
          messages.filter((it) => it.connection === connection),
          exchange,
        )
      }
    }
    // Should the captures or their names change, a replay of nothing must not pass.
    expect(compared).toBeGreaterThan(50)
  })
})

/** What an earlier conversation, which is not replayed, had left. */
async function createEmptyFiles(...paths: readonly string[]): Promise<void> {
  const client = namenode.client()
  for (const src of paths) {
    await client.create({
      src,
      masked: { perm: 0o644 },
      clientName: 'w',
      createFlag: 1,
      createParent: false,
      replication: 3,
      blockSize: 1024,
    })
    await client.complete({ src, clientName: 'w' })
  }
}

/** Plays one connection. @returns how many answers were compared */
async function replay(messages: readonly CapturedMessage[], exchange: Exchange): Promise<number> {
  const connection = await RawConnection.open(namenode.port)
  let compared = 0
  for (const message of messages) {
    if (message.what === 'FIN' || message.bytes === undefined) continue
    if (message.direction === 'to-server') {
      const isCall = message.callId !== undefined && message.callId >= 0
      connection.send(isCall ? exchange.request(message.bytes) : message.bytes)
      continue
    }
    const { bytes } = await connection.reply()
    compare(message, bytes, exchange)
    compared += 1
  }
  await connection.destroy()
  return compared
}

function compare(golden: CapturedMessage, live: Buffer, exchange: Exchange): void {
  const expected = readReply(golden.what, golden.bytes!)
  const actual = readReply(golden.what, live)
  exchange.learn(expected.body, actual.body)
  expect(comparable(actual), `${golden.where} ${golden.what}`).toEqual(comparable(expected))
  placeBlock(actual.body)
}

/** After an answer with a new pipeline the writer fills it; here its replicas are simply there. */
function placeBlock(body: unknown): void {
  const block = (body as { block?: { b?: { blockId: number }; locs?: unknown[] } }).block
  if (block?.b === undefined || block.locs?.length === 0) return
  const { blockManager } = namenode
  const replicas = blockManager.nodes
    .slice(0, block.locs?.length)
    .map((it) => blockManager.replicaOn(it))
  blockManager.place(blockId(block.b.blockId), replicas)
}

function readReply(method: string, bytes: Buffer) {
  const reader = new ProtoReader(bytes, 4, bytes.length)
  const header = RpcResponseHeaderProto.decodeDelimited(reader)
  const { callId, status, exceptionClassName, errorDetail } = header
  const firstLine = header.errorMsg?.split('\n')[0]
  const body =
    status === RpcStatus.SUCCESS
      ? CLIENT_PROTOCOL[method as ClientProtocolMethod].response.decodeDelimited(reader)
      : undefined
  return { callId, status, exceptionClassName, errorDetail, firstLine, body }
}

/** The value with everything replaced that differs from run to run; lists of nodes and storages become their length. */
function comparable(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString()
  if (Array.isArray(value)) return value.map(comparable)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, it]) => it !== undefined)
      .map(([name, it]) => {
        if (name === 'locs' || name === 'storageIDs') return [name, (it as unknown[]).length]
        if (RUN_DEPENDENT.test(name))
          return [name, it === 0 && name !== 'modification_time' ? 0 : 'decided by the run']
        return [name, comparable(it)]
      }),
  )
}

/** Which of our ids stands for which captured one. */
class Exchange {
  readonly #ours = new Map<string, unknown>()

  /** Notes the ids of two answers to the same call. */
  learn(golden: unknown, live: unknown): void {
    if (typeof golden !== 'object' || golden === null) return
    for (const [name, value] of Object.entries(golden)) {
      const counterpart = (live as Record<string, unknown> | undefined)?.[name]
      if (ECHOED.test(name)) this.#ours.set(`${name} ${value}`, counterpart)
      else if (!(value instanceof Uint8Array)) this.learn(value, counterpart)
    }
  }

  /** The bytes of a captured request with our ids. */
  request(bytes: Buffer): Buffer {
    const reader = new ProtoReader(bytes, 4, bytes.length)
    const header = RpcRequestHeaderProto.decodeDelimited(reader)
    const call = RequestHeaderProto.decodeDelimited(reader)
    const { request } = CLIENT_PROTOCOL[call.methodName as ClientProtocolMethod]
    const body = this.#translate(request.decodeDelimited(reader))
    const parts = [
      RpcRequestHeaderProto.encodeDelimited(header),
      RequestHeaderProto.encodeDelimited(call),
      request.encodeDelimited(body as never),
    ]
    const length = Buffer.alloc(4)
    length.writeInt32BE(parts.reduce((sum, it) => sum + it.length, 0))
    return Buffer.concat([length, ...parts])
  }

  #translate(value: unknown): unknown {
    if (value instanceof Uint8Array || typeof value !== 'object' || value === null) return value
    if (Array.isArray(value)) return value.map((it) => this.#translate(it))
    return Object.fromEntries(
      Object.entries(value).map(([name, it]) => [
        name,
        ECHOED.test(name) ? (this.#ours.get(`${name} ${it}`) ?? it) : this.#translate(it),
      ]),
    )
  }
}
