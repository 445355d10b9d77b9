/** Erasure coding policies and encryption zones (protocol reference 2.1, 2.3, 2.5). */
import { message, optional, repeated, required } from '../message.js'
import { rpcMethods } from '../rpc-protocol.js'
import { ErasureCodingPolicyProto } from './hdfs.js'

export const EncryptionZoneProto = message('EncryptionZoneProto', {
  id: required(1, 'i64'),
  path: required(2, 'string'),
  suite: required(3, 'enum'),
  cryptoProtocolVersion: required(4, 'enum'),
  keyName: required(5, 'string'),
})

export const ZoneReencryptionStatusProto = message('ZoneReencryptionStatusProto', {
  id: required(1, 'i64'),
  path: required(2, 'string'),
  state: required(3, 'enum'),
  ezKeyVersionName: required(4, 'string'),
  submissionTime: required(5, 'i64'),
  canceled: required(6, 'bool'),
  numReencrypted: required(7, 'i64'),
  numFailures: required(8, 'i64'),
  completionTime: optional(9, 'i64'),
  lastFile: optional(10, 'string'),
})

const src = required(1, 'string')
const byPolicyName = { request: { ecPolicyName: required(1, 'string') }, response: {} } as const

export const ERASURE_CODING_METHODS = rpcMethods({
  setErasureCodingPolicy: {
    request: { src, ecPolicyName: optional(2, 'string') },
    response: {},
  },
  unsetErasureCodingPolicy: { request: { src }, response: {} },
  getErasureCodingPolicy: {
    request: { src },
    response: { ecPolicy: optional(1, ErasureCodingPolicyProto) },
  },
  getErasureCodingPolicies: {
    request: {},
    response: { ecPolicies: repeated(1, ErasureCodingPolicyProto) },
  },
  getErasureCodingCodecs: {
    request: {},
    response: {
      codec: repeated(
        1,
        message('CodecProto', { codec: required(1, 'string'), coders: required(2, 'string') }),
      ),
    },
  },
  getECTopologyResultForPolicies: {
    request: { policies: repeated(1, 'string') },
    response: {
      response: required(
        1,
        message('ECTopologyVerifierResultProto', {
          resultMessage: required(1, 'string'),
          isSupported: required(2, 'bool'),
        }),
      ),
    },
  },
  addErasureCodingPolicies: {
    request: { ecPolicies: repeated(1, ErasureCodingPolicyProto) },
    response: {
      responses: repeated(
        1,
        message('AddErasureCodingPolicyResponseProto', {
          policy: required(1, ErasureCodingPolicyProto),
          succeed: required(2, 'bool'),
          errorMsg: optional(3, 'string'),
        }),
      ),
    },
  },
  removeErasureCodingPolicy: byPolicyName,
  enableErasureCodingPolicy: byPolicyName,
  disableErasureCodingPolicy: byPolicyName,
})

export const ENCRYPTION_METHODS = rpcMethods({
  getEZForPath: { request: { src }, response: { zone: optional(1, EncryptionZoneProto) } },
  listEncryptionZones: {
    request: { id: required(1, 'i64') },
    response: { zones: repeated(1, EncryptionZoneProto), hasMore: required(2, 'bool') },
  },
  createEncryptionZone: { request: { src, keyName: optional(2, 'string') }, response: {} },
  reencryptEncryptionZone: {
    request: { action: required(1, 'enum'), zone: required(2, 'string') },
    response: {},
  },
  listReencryptionStatus: {
    request: { id: required(1, 'i64') },
    response: { statuses: repeated(1, ZoneReencryptionStatusProto), hasMore: required(2, 'bool') },
  },
})
