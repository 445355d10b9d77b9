/**
 * What is not there (erasure coding, delegation tokens): questions are answered as a
 * cluster without it answers, changes refused in its words, the same as over Hadoop RPC.
 */
import {
  disabledErasureCodingPolicy,
  noErasureCodingPolicySet,
  unknownDelegationToken,
  unknownErasureCodingPolicy,
} from '../../service/absent-features.js'
import { json, type Operations, type OperationTable, type WebhdfsOptions } from './operation.js'
import { existing } from './status-operations.js'

export function absentOperations(options: WebhdfsOptions): OperationTable {
  return { GET: questions(options), PUT: changes(), POST: removals() }
}

function questions({ services }: WebhdfsOptions): Operations {
  return {
    GETECPOLICY: ({ call, path }) => {
      existing(services.namespace, call, path)
      return json(null)
    },
    GETECPOLICIES: () => json({ ErasureCodingPolicies: { ErasureCodingPolicyInfo: [] } }),
    GETECCODECS: () => json({ ErasureCodingCodecs: {} }),
    GETDELEGATIONTOKEN: () => json({ Token: null }),
  }
}

function changes(): Operations {
  const refuseToken = () => {
    throw unknownDelegationToken()
  }
  return {
    SETECPOLICY: ({ parameters, operation }) => {
      throw disabledErasureCodingPolicy(parameters.required('ecpolicy', operation))
    },
    ENABLEECPOLICY: unknownPolicy,
    DISABLEECPOLICY: unknownPolicy,
    RENEWDELEGATIONTOKEN: refuseToken,
    CANCELDELEGATIONTOKEN: refuseToken,
  }
}

function removals(): Operations {
  return {
    UNSETECPOLICY: ({ path }) => {
      throw noErasureCodingPolicySet(path)
    },
  }
}

const unknownPolicy: Operations[string] = ({ parameters, operation }) => {
  throw unknownErasureCodingPolicy(parameters.required('ecpolicy', operation))
}
