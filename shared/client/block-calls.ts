/** What writing and reading of file contents ask of a namenode. `NamenodeClient` is the one over the wire. */
import type { ClientProtocolCalls } from './namenode-calls.js'

export type WriteCalls = Pick<
  ClientProtocolCalls,
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

export type ReadCalls = Pick<ClientProtocolCalls, 'getBlockLocations' | 'reportBadBlocks'>
