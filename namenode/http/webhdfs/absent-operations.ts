/**
 * What is not there (storage policies that can be chosen, erasure coding, delegation tokens): questions are answered as a
 * cluster without it answers, changes refused in its words, the same as over Hadoop RPC.
 */
import { DfsError } from '../../../shared/errors.js'
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
    throw new DfsError('UNAUTHENTICATED', 'This cluster has issued no delegation tokens.')
  }
  return {
    SETSTORAGEPOLICY: ({ parameters, operation }) => {
      parameters.required('storagepolicy', operation)
      throw storagePolicyRefusal('set storage policy')
    },
    SATISFYSTORAGEPOLICY: () => {
      throw storagePolicyRefusal('satisfy storage policy')
    },
    SETECPOLICY: ({ parameters, operation }) => {
      const name = parameters.required('ecpolicy', operation)
      throw new DfsError(
        'ILLEGAL_ARGUMENT',
        `Policy '${name}' does not match any enabled erasure coding policies: []. ` +
          'An erasure coding policy can be enabled by enableErasureCodingPolicy API.',
      )
    },
    ENABLEECPOLICY: unknownPolicy,
    DISABLEECPOLICY: unknownPolicy,
    RENEWDELEGATIONTOKEN: refuseToken,
    CANCELDELEGATIONTOKEN: refuseToken,
  }
}

function removals(): Operations {
  return {
    UNSETSTORAGEPOLICY: () => {
      throw storagePolicyRefusal('unset storage policy')
    },
    UNSETECPOLICY: ({ path }) => {
      const text = `No erasure coding policy explicitly set on ${path}`
      throw new DfsError('NO_ERASURE_CODING_POLICY', text)
    },
  }
}

const unknownPolicy: Operations[string] = ({ parameters, operation }) => {
  const name = parameters.required('ecpolicy', operation)
  throw new DfsError('ILLEGAL_ARGUMENT', `The policy name ${name} does not exist`)
}

function storagePolicyRefusal(what: string): DfsError {
  return new DfsError('IO', `Failed to ${what} since dfs.storage.policy.enabled is set to false.`)
}
