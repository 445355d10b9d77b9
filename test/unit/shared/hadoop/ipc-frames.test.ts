/** The test vectors of protocol reference, appendix A. */
import { describe, expect, it } from 'vitest'
import {
  callFrame,
  contextFrame,
  failureFrame,
  NO_CALL,
  pingFrame,
  preambleBytes,
  saslNegotiateFrame,
  saslRequestFrame,
  successFrame,
} from '../../../../shared/hadoop/ipc-frames.js'
import {
  CLIENT_PROTOCOL,
  CLIENT_PROTOCOL_NAME,
} from '../../../../shared/hadoop/schema/client-protocol.js'
import {
  RpcErrorCode,
  RpcSaslProto,
  RpcStatus,
  SaslState,
  SpecialCallId,
} from '../../../../shared/hadoop/schema/ipc.js'
import { CLIENT_ID } from '../../../support/ipc-fixture.js'

const ID = CLIENT_ID.toString('hex')
const text = (value: string) => Buffer.from(value).toString('hex')
const PROTOCOL = text(CLIENT_PROTOCOL_NAME)

describe('what a client sends', () => {
  it('opens with seven bytes', () => {
    expect(preambleBytes(0).toString('hex')).toBe('68727063090000')
    expect(preambleBytes(0xdf).toString('hex')).toBe('687270630900df')
  })

  it('names its user once', () => {
    const context = { userInfo: { effectiveUser: 'alice' }, protocol: CLIENT_PROTOCOL_NAME }
    expect(contextFrame(CLIENT_ID, context).toString('hex')).toBe(
      `000000551a08021000180522${'10'}${ID}28013912070a05${text('alice')}1a2e${PROTOCOL}`,
    )
  })

  it('calls a method by name', () => {
    const frame = callFrame({
      method: CLIENT_PROTOCOL.getFileInfo,
      request: { src: '/x' },
      protocolName: CLIENT_PROTOCOL_NAME,
      callId: 0,
      clientId: CLIENT_ID,
      retryCount: 0,
    })
    expect(frame.toString('hex')).toBe(
      `000000601a0802100018002210${ID}28003f0a0b${text('getFileInfo')}122e${PROTOCOL}1801040a022f78`,
    )
  })

  it('pings with a header alone', () => {
    expect(pingFrame(CLIENT_ID).toString('hex')).toBe(`0000001b1a0802100018072210${ID}2801`)
  })

  it('negotiates and initiates SASL with an empty client id', () => {
    expect(saslRequestFrame({ state: SaslState.NEGOTIATE }).toString('hex')).toBe(
      '0000000e0a08021000184122002801021001',
    )
    const auths = [{ method: 'SIMPLE', mechanism: '' }]
    expect(saslRequestFrame({ state: SaslState.INITIATE, auths }).toString('hex')).toBe(
      '0000001a0a080210001841220028010e1002220a0a0653494d504c451200',
    )
  })
})

describe('what a server answers', () => {
  const call = { callId: 0, clientId: CLIENT_ID, retryCount: 0 }

  it('is a header and a message on success, even an empty one', () => {
    const { response } = CLIENT_PROTOCOL.getFileInfo
    expect(successFrame(call, response, {}).toString('hex')).toBe(
      `0000001c1a0800100018093a10${ID}400000`,
    )
  })

  it('is a header alone on failure', () => {
    const failure = {
      status: RpcStatus.ERROR,
      errorDetail: RpcErrorCode.APPLICATION,
      javaClass: 'java.io.FileNotFoundException',
      message: 'nope',
    }
    expect(failureFrame(call, failure).toString('hex')).toBe(
      `00000042410800100118${'09'}221d${text('java.io.FileNotFoundException')}2a04${text('nope')}30013a10${ID}4000`,
    )
  })

  it('to SASL is NEGOTIATE with SIMPLE', () => {
    expect(saslNegotiateFrame().toString('hex')).toBe(
      '0000001e0e08dfffffff0f100018093a0040010e1001220a0a0653494d504c451200',
    )
    const success = successFrame({ ...NO_CALL, callId: SpecialCallId.SASL }, RpcSaslProto, {
      state: SaslState.SUCCESS,
    })
    expect(success.toString('hex')).toBe('000000120e08dfffffff0f100018093a004001021000')
  })
})
