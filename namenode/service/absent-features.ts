/**
 * Refusals of what this cluster does not have, in the words of an HDFS where it is switched off or was never set up:
 * each face has the calls, the words are the same on all.
 */
import { DfsError } from '../../shared/errors.js'

export function unknownErasureCodingPolicy(name: string): DfsError {
  return new DfsError('ILLEGAL_ARGUMENT', `The policy name ${name} does not exist`)
}

export function disabledErasureCodingPolicy(name: string): DfsError {
  return new DfsError(
    'ILLEGAL_ARGUMENT',
    `Policy '${name}' does not match any enabled erasure coding policies: []. ` +
      'An erasure coding policy can be enabled by enableErasureCodingPolicy API.',
  )
}

export function noErasureCodingPolicySet(path: string): DfsError {
  return new DfsError(
    'NO_ERASURE_CODING_POLICY',
    `No erasure coding policy explicitly set on ${path}`,
  )
}

export function unknownDelegationToken(): DfsError {
  return new DfsError('UNAUTHENTICATED', 'This cluster has issued no delegation tokens.')
}
