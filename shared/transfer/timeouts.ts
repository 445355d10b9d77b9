/**
 * How long a party of a pipeline waits for the next one. Each waits longer than the one behind it, so that the node
 * next to a silent one gives up first and its report names the right culprit (Java: 60 s + 5 s for each node).
 */
export interface PipelineTimeouts {
  /** For opening a TCP connection. */
  readonly connectMs: number
  /** Longest silence of the last node of a pipeline. */
  readonly silenceMs: number
  /** Added for each further node behind the one that is waited for. */
  readonly silencePerNodeMs: number
}

export const DEFAULT_PIPELINE_TIMEOUTS: PipelineTimeouts = {
  connectMs: 5_000,
  // A saturated disk may take 20 s for the sync of a block; a node that died closes its connections at once.
  silenceMs: 30_000,
  silencePerNodeMs: 5_000,
}

/**
 * How long to wait for an answer of `nodes` nodes in a row: for a writer the whole pipeline, for a datanode those
 * behind it.
 */
export function pipelineSilenceMs(timeouts: PipelineTimeouts, nodes: number): number {
  return timeouts.silenceMs + timeouts.silencePerNodeMs * Math.max(0, nodes)
}
