/**
 * Bugs that somebody might make, as replacements of one text in one file. Each must be found by a few seeds
 * (planted-bugs.test.ts): a simulation that finds nothing shows nothing. When the code of such a place changes, its
 * text here changes with it; `npm run simulate -- --planted <name> --seeds 30 --first` shows how one is found.
 */
export const PLANTED_BUGS = [
  {
    name: 'data-not-synced',
    about: 'a sync forgets the data and syncs only their checksums (HDFS-11915)',
    file: 'datanode/blocks/replica-writer.ts',
    find: 'await Promise.all([file.data.sync(), file.meta.sync()])',
    replace: 'await file.meta.sync()',
  },
  {
    name: 'name-not-synced',
    about: 'a finalized replica gets its name, and the folder is not synced (HDFS-5042)',
    file: 'datanode/blocks/block-store.ts',
    find: 'if (this.config.syncOnClose) await replica.volume.disk.syncFolder(from.folder)',
    replace: '',
  },
  {
    name: 'sync-answered-early',
    about: 'an hsync is acknowledged, and the disk was not asked',
    file: 'datanode/transfer/block-receiver.ts',
    find: 'if (isSync) this.#sync()',
    replace: 'if (isSync) this.#endedSync = this.#requestedSync',
  },
  {
    name: 'stale-replica-counts',
    about: 'a replica with an older generation stamp is as good as any (HDFS-5438)',
    file: 'namenode/policy/judge-replica.ts',
    find: "if (replica.generationStamp < block.generationStamp) return 'stale'",
    replace: '',
  },
  {
    name: 'one-too-few-kept',
    about: 'removing excess replicas leaves one fewer than the target',
    file: 'namenode/policy/choose-excess.ts',
    find: 'nodesWithout(kept, it) >= target)',
    replace: 'nodesWithout(kept, it) >= target - 1)',
  },
  {
    name: 'stale-replica-stays',
    about: 'replicas of an older version are never removed',
    file: 'namenode/policy/judge-replica.ts',
    find: "return judgement === 'stale' || judgement",
    replace: 'return judgement',
  },
  {
    name: 'deletion-forgotten',
    about: 'a deleted block is forgotten when its removal was ordered, not when it was done (E12)',
    file: 'namenode/service/deleted-blocks.ts',
    find: 'if (deletions.removeAll(block) === 0) this.#gone.add(block)',
    replace: 'deletions.removeAll(block)\n    this.#gone.add(block)',
  },
  {
    name: 'dropped-writer-forgotten',
    about: 'a node that dropped out of a pipeline is struck off the record with what it holds',
    file: 'namenode/service/replica-map.ts',
    find: "row.state === 'being-written' && isOfThisVersion && ",
    replace: "row.state === 'being-written' && ",
  },
  {
    name: 'retry-happens-twice',
    about: 'a request that is sent again is carried out again (I11)',
    file: 'namenode/service/namespace-engine.ts',
    find: 'if (isRepeat) return',
    replace: 'if (isRepeat && rule.answerAgain === undefined) return',
  },
  {
    name: 'edit-lost',
    about: 'one kind of change is made without an edit (HDFS-13112)',
    file: 'namenode/service/namespace-apply.ts',
    find: 'this.stores.edits.append({',
    replace: "if (edit.op !== 'setReplication') this.stores.edits.append({",
  },
  {
    name: 'answered-before-commit',
    about: 'every third change is answered before it is committed',
    file: 'namenode/writer/group-commit.ts',
    find: 'this.#commit.run()\n      const transactionId',
    replace:
      'if (executor.lastTransactionId % 3 === 0 && hasChanges) {\n        this.#rollback.run()\n      } else this.#commit.run()\n      const transactionId',
  },
  {
    name: 'block-id-reused',
    about: 'the number of a deleted block is given to the next one (I5)',
    file: 'namenode/service/namespace-apply-removals.ts',
    find: 'applier.state.blocks -= 1',
    replace:
      'applier.state.blocks -= 1\n  if (applier.state.nextBlock === block.id + 1) applier.state.nextBlock = block.id',
  },
  {
    name: 'unverified-read',
    about: 'a reader believes every byte (P2)',
    file: 'shared/transfer/block-reader.ts',
    find: 'if (badAt < 0) return',
    replace: 'if (badAt < Number.MAX_SAFE_INTEGER) return',
  },
  {
    name: 'synced-bytes-cut',
    about:
      'lease recovery cuts a block to what the namenode knew of it, not to what its replicas have',
    file: 'namenode/policy/recovery-length.ts',
    find: 'lengthBytes: Math.min(...fit.map((it) => it.lengthBytes)),',
    replace: 'lengthBytes: block.visibleBytes,',
  },
  {
    name: 'copy-never-times-out',
    about: 'a copy that vanished with its node is waited for for ever',
    file: 'namenode/service/command-outbox.ts',
    find: "for (const waiting of commands.values()) waiting.onEnd({ outcome: 'dropped' })",
    replace: '',
  },
  {
    name: 'unacknowledged-bytes-kept',
    about: 'a recovered replica keeps what was never acknowledged (HDFS-4660)',
    file: 'datanode/blocks/replica-recovery.ts',
    find: 'const keepBytes = Math.min(Math.max(replica.visibleBytes, minBytes), maxBytes)',
    replace: 'const keepBytes = replica.lengthBytes',
  },
  {
    name: 'leases-never-expire',
    about: 'a file whose writer is gone stays open (HDFS-10763)',
    file: 'namenode/loops/lease-monitor.ts',
    find: '.filter((it) => !parts.recovery.isRunning(it))',
    replace: '.filter((it) => parts.recovery.isRunning(it))',
  },
]
