/** The sums of a check. */
import { hasCorrupt } from './fsck-description.js'
import type { FsckFile, FsckKeptForUndo, FsckSummary } from './fsck-model.js'

type Surroundings = Pick<
  FsckSummary,
  'path' | 'defaultReplication' | 'minReplication' | 'datanodes' | 'racks' | 'durationMs'
>

export class FsckTotals {
  directories = 0
  violations = 0
  orphanBlocks = 0
  queuedBlocks = 0
  keptForUndo: FsckKeptForUndo | undefined
  #files = 0
  #openFiles = 0
  #openLengthBytes = 0
  #openBlocks = 0
  #lengthBytes = 0
  #blocks = 0
  #minimally = 0
  #under = 0
  #over = 0
  #badlyPlaced = 0
  #missing = 0
  #missingFiles = 0
  #missingBytes = 0
  #corrupt = 0
  #missingReplicas = 0
  #liveReplicas = 0

  add(file: FsckFile): void {
    this.#files += 1
    if (file.isOpen) {
      this.#openFiles += 1
      this.#openLengthBytes += file.lengthBytes
    }
    this.#lengthBytes += file.lengthBytes
    if (file.problems.includes('missing')) this.#missingFiles += 1
    for (const block of file.blocks) {
      if (block.state !== 'committed') {
        this.#openBlocks += 1
        continue
      }
      this.#blocks += 1
      this.#liveReplicas += block.liveReplicas
      this.#missingReplicas += Math.max(0, block.expectedReplicas - block.liveReplicas)
      if (block.liveReplicas > 0) this.#minimally += 1
      if (hasCorrupt(block)) this.#corrupt += 1
      if (block.risk === 'missing') {
        this.#missing += 1
        this.#missingBytes += block.lengthBytes
      }
      if (block.risk === 'badly-placed') this.#badlyPlaced += 1
      if (block.liveReplicas > block.expectedReplicas) this.#over += 1
      if (block.liveReplicas > 0 && block.liveReplicas < block.expectedReplicas) this.#under += 1
    }
  }

  /** Healthy as HDFS means it: every byte can be read. */
  summary(surroundings: Surroundings): FsckSummary {
    return {
      kind: 'summary',
      ...surroundings,
      isHealthy: this.#missing === 0 && this.violations === 0,
      files: this.#files,
      directories: this.directories,
      openFiles: this.#openFiles,
      openLengthBytes: this.#openLengthBytes,
      openBlocks: this.#openBlocks,
      lengthBytes: this.#lengthBytes,
      blocks: this.#blocks,
      minimallyReplicatedBlocks: this.#minimally,
      underReplicatedBlocks: this.#under,
      overReplicatedBlocks: this.#over,
      badlyPlacedBlocks: this.#badlyPlaced,
      missingBlocks: this.#missing,
      missingFiles: this.#missingFiles,
      missingBytes: this.#missingBytes,
      corruptBlocks: this.#corrupt,
      missingReplicas: this.#missingReplicas,
      liveReplicas: this.#liveReplicas,
      orphanBlocks: this.orphanBlocks,
      queuedBlocks: this.queuedBlocks,
      violations: this.violations,
      keptForUndo: this.keptForUndo,
    }
  }
}
