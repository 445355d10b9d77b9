/**
 * What this datanode does not do, said so that the asker goes on by other means (protocol reference 3.6, 3.8): readers
 * fall back to TCP, Hadoop's balancer reports the text. Operations that nobody knows get no answer but a close.
 */
import {
  ReleaseShortCircuitAccessResponseProto,
  ShortCircuitShmResponseProto,
  Status,
} from '../../shared/hadoop/schema/data-transfer.js'
import { encodeBlockOpResponse, type RefusedOperation } from '../../shared/transfer/operations.js'

/** Java's readers expect it beside a refusal. */
const SHORT_CIRCUIT_VERSION = 1
const NO_SHORT_CIRCUIT = 'Short-circuit reads are not supported by this datanode.'

/** The answer, ready to be sent. */
export function refusalOf(kind: RefusedOperation): Buffer {
  const status = Status.ERROR_UNSUPPORTED
  switch (kind) {
    case 'request-short-circuit-fds':
      return encodeBlockOpResponse({
        status,
        message: NO_SHORT_CIRCUIT,
        shortCircuitAccessVersion: SHORT_CIRCUIT_VERSION,
      })
    case 'request-short-circuit-shm':
      return ShortCircuitShmResponseProto.encodeDelimited({ status, error: NO_SHORT_CIRCUIT })
    case 'release-short-circuit-fds':
      return ReleaseShortCircuitAccessResponseProto.encodeDelimited({
        status,
        error: NO_SHORT_CIRCUIT,
      })
    case 'block-group-checksum':
      return encodeBlockOpResponse({ status, message: 'There are no erasure-coded files here.' })
    case 'copy-block':
    case 'replace-block':
      return encodeBlockOpResponse({
        status,
        message: `${kind}: this cluster places and balances its replicas by itself.`,
      })
  }
}
