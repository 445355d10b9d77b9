/** Odd input that was tried on a real namenode, replayed on ours: the answers must have the same classes and first lines. */
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { rpcMethod } from '../../../../shared/hadoop/ipc-server.js'
import type { Input } from '../../../../shared/hadoop/message.js'
import {
  CLIENT_PROTOCOL,
  CLIENT_PROTOCOL_NAME,
} from '../../../../shared/hadoop/schema/client-protocol.js'
import type { HdfsFileStatusProto } from '../../../../shared/hadoop/schema/hdfs.js'
import { RpcResponseHeaderProto, RpcStatus } from '../../../../shared/hadoop/schema/ipc.js'
import { ProtoReader } from '../../../../shared/hadoop/wire.js'
import { IpcFixture } from '../../../support/ipc-fixture.js'
import {
  byConnection,
  type CapturedMessage,
  GOLDEN_WIRE_FOLDER,
  readCapture,
} from '../../../support/wire-captures.js'

const fixture = new IpcFixture()
afterEach(() => fixture.close())

const ROOT_STATUS: Input<typeof HdfsFileStatusProto> = {
  fileType: 1,
  path: Buffer.alloc(0),
  length: 0,
  permission: { perm: 0o755 },
  owner: 'root',
  group: 'root',
  modification_time: 0,
  access_time: 0,
}
const PROTOCOLS = {
  [CLIENT_PROTOCOL_NAME]: {
    getFileInfo: rpcMethod(CLIENT_PROTOCOL.getFileInfo, () => ({ fs: ROOT_STATUS })),
  },
}
/** Its calls need a namespace and a memory of answers, so it is replayed against the namenode. */
const NEEDS_A_NAMESPACE = new Set(['nn#37', 'nn#38'])
/** We offer SIMPLE alone where a real server lists TOKEN first (protocol reference 1.4: both were tried with Java). */
const OUR_NEGOTIATE = '0000001e0e08dfffffff0f100018093a0040010e1001220a0a0653494d504c451200'

const conversations = [
  ...byConnection(readCapture(join(GOLDEN_WIRE_FOLDER, 'edge-ipc.jsonl'))),
].filter(([connection]) => !NEEDS_A_NAMESPACE.has(connection))

describe('odd input on the RPC port', () => {
  it.each(conversations)(
    'gets the answer of a real namenode: %s',
    async (_connection, messages) => {
      const limits = { mayImpersonate: (realUser: string) => realUser === 'root' }
      const { port } = await fixture.start({ protocols: PROTOCOLS, limits })
      const connection = await fixture.connect(port)
      const serverEnds = endsByServer(messages)
      const answers: Buffer[] = []
      for (const message of messages) {
        if (message.bytes === undefined) continue
        if (message.direction === 'to-server') connection.send(message.bytes)
        else if (message.what === 'raw' && message.bytes.readInt32BE(0) > 1e6) {
          expect((await connection.untilClosed()).equals(message.bytes)).toBe(true)
        } else if (message.bytes.readInt32BE(0) < 0) {
          expect((await connection.untilClosed()).equals(message.bytes)).toBe(true)
        } else {
          const { bytes } = await connection.reply()
          answers.push(bytes)
          checkAnswer(bytes, message)
        }
      }
      if (serverEnds) {
        await connection.untilClosed()
        expect(connection.isClosed).toBe(true)
      } else {
        expect(connection.isClosed).toBe(false)
      }
    },
  )
})

/** Whether the server was the first to close. */
function endsByServer(messages: readonly CapturedMessage[]): boolean {
  const first = messages.find((it) => it.what === 'FIN' || it.what === 'RST')
  return first?.direction === 'from-server'
}

function checkAnswer(actual: Buffer, expected: CapturedMessage): void {
  if (expected.what === 'sasl' && expected.status === undefined) {
    expect(actual.toString('hex')).toBe(OUR_NEGOTIATE)
    return
  }
  const ours = summary(actual)
  expect(ours).toEqual(summary(expected.bytes ?? Buffer.alloc(0)))
  if (ours.status === RpcStatus.FATAL) {
    expect(actual.equals(expected.bytes ?? actual), 'fatal answers are the same bytes').toBe(true)
  }
}

/** The header of a reply, its message cut to the first line: the rest is a stack trace. */
function summary(bytes: Buffer) {
  const header = RpcResponseHeaderProto.decodeDelimited(new ProtoReader(bytes, 4, bytes.length))
  return {
    ...header,
    errorMsg: header.errorMsg?.split('\n', 1)[0],
    clientId: Buffer.from(header.clientId ?? []).toString('hex'),
  }
}
