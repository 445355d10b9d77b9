/** What writing and reading of file contents ask of a namenode. `NamenodeClient` is the one over the wire. */
import type { Decoded, Input } from '../hadoop/message.js'
import type { CLIENT_PROTOCOL } from '../hadoop/schema/client-protocol.js'

type Protocol = typeof CLIENT_PROTOCOL

type Calls = {
  readonly [K in keyof Protocol]: (
    request: Input<Protocol[K]['request']>,
    signal?: AbortSignal,
  ) => Promise<Decoded<Protocol[K]['response']>>
}

export type WriteCalls = Pick<
  Calls,
  | 'create'
  | 'append'
  | 'addBlock'
  | 'abandonBlock'
  | 'getAdditionalDatanode'
  | 'updateBlockForPipeline'
  | 'updatePipeline'
  | 'fsync'
  | 'complete'
>

export type ReadCalls = Pick<Calls, 'getBlockLocations' | 'reportBadBlocks'>
