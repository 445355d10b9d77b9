/**
 * What a freshly started namenode may do. Reads: everything, at once. Writes: when enough of the known blocks were
 * confirmed by their nodes, or when nothing more can come. Copies: when it is known who is alive and what they have, or
 * somebody who is alive has not told for long. Deletions of replicas: when every known node has reported in full or is dead; a node that only starts slowly must not look lost.
 */
import type { Liveness } from './liveness.js'

export interface StartupNode {
  readonly liveness: Liveness
  readonly isRegistered: boolean
  /** Reported all its blocks to this namenode. */
  readonly isConfirmed: boolean
}

/** A report comes within seconds. Longer than this a node that fails to make one keeps nobody from being repaired. */
const REPORT_WAIT_MS = 60_000

export interface StartupSituation {
  readonly nodes: readonly StartupNode[]
  /** Committed blocks looked at, of which `confirmedBlocks` have a confirmed replica. */
  readonly sampledBlocks: number
  readonly confirmedBlocks: number
  /** 0 to 1. */
  readonly threshold: number
  /** How long every node has been registered or dead, 0 while one is not. */
  readonly allKnownForMs: number
}

export interface StartupReadiness {
  readonly mayWrite: boolean
  readonly mayCopy: boolean
  readonly mayDelete: boolean
  /** Empty when writes are accepted. */
  readonly reason: string
}

/** Whether it is known of every node that it is there or dead. */
export function areAllKnown(nodes: readonly StartupNode[]): boolean {
  return nodes.every((it) => it.isRegistered || it.liveness === 'dead')
}

export function judgeStartup(situation: StartupSituation): StartupReadiness {
  const { nodes, sampledBlocks, confirmedBlocks, threshold, allKnownForMs } = situation
  const unreported = nodes.filter((it) => !it.isConfirmed && it.liveness !== 'dead').length
  const share = sampledBlocks === 0 ? 1 : confirmedBlocks / sampledBlocks
  const mayDelete = unreported === 0
  const mayWrite = share >= threshold || (mayDelete && nodes.length > 0)
  return {
    mayWrite,
    // Where nothing is known from before (a restored namespace), blocks of a node that has not reported look lost.
    mayCopy: mayDelete || allKnownForMs >= REPORT_WAIT_MS,
    mayDelete,
    reason: mayWrite ? '' : explain(share, threshold, nodes.length - unreported, nodes.length),
  }
}

function explain(share: number, threshold: number, reported: number, known: number): string {
  const percent = (part: number) => (Math.floor(part * 10_000) / 100).toFixed(2)
  return (
    `the namenode has just started: ${percent(share)} % of the blocks are confirmed by datanodes, ` +
    `${percent(threshold)} % are needed; ${reported} of ${known} known datanodes have reported`
  )
}
