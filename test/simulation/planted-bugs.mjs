/**
 * Bugs that somebody might make, as replacements of one text in one file. Each must be found by a few seeds
 * (planted-bugs.test.ts): a simulation that finds nothing shows nothing. When the code of such a place changes, its
 * text here changes with it; `npm run simulate -- --planted <name> --seeds 30 --first` shows how one is found.
 */
export const PLANTED_BUGS = [
  {
    name: 'data-not-synced',
    seed: 1,
    about: 'a sync forgets the data and syncs only their checksums (HDFS-11915)',
    file: 'datanode/blocks/replica-file.ts',
    find: 'await Promise.all([this.data.sync(), this.meta.sync()])',
    replace: 'await this.meta.sync()',
  },
  {
    name: 'name-not-synced',
    seed: 6,
    about: 'a finalized replica gets its name, and the folder is not synced (HDFS-5042)',
    file: 'datanode/blocks/block-store.ts',
    find: 'if (this.config.syncOnClose) await replica.volume.disk.syncFolder(from.folder)',
    replace: '',
  },
  {
    name: 'sync-answered-early',
    seed: 129,
    about: 'an hsync is acknowledged, and the disk was not asked',
    file: 'datanode/transfer/block-receiver.ts',
    find: 'if (isSync) this.#sync()',
    replace: 'if (isSync) this.#endedSync = this.#requestedSync',
  },
  {
    name: 'stale-replica-counts',
    seed: 1,
    about: 'a replica with an older generation stamp is as good as any (HDFS-5438)',
    file: 'namenode/policy/judge-replica.ts',
    find: "if (replica.generationStamp < block.generationStamp) return 'stale'",
    replace: '',
  },
  {
    name: 'one-too-few-kept',
    seed: 1,
    about: 'removing excess replicas leaves one fewer than the target',
    file: 'namenode/policy/choose-excess.ts',
    find: 'nodesWithout(kept, it) >= target)',
    replace: 'nodesWithout(kept, it) >= target - 1)',
  },
  {
    name: 'stale-replica-stays',
    seed: 1,
    about: 'replicas of an older version are never removed',
    file: 'namenode/policy/judge-replica.ts',
    find: "return judgement === 'stale' || judgement",
    replace: 'return judgement',
  },
  {
    name: 'deletion-forgotten',
    seed: 1,
    about: 'a deleted block is forgotten when its removal was ordered, not when it was done (E12)',
    file: 'namenode/service/blocks/deleted-blocks.ts',
    find: 'if (deletions.removeAll(block) > 0 || mayStillCome) return',
    replace: 'deletions.removeAll(block)',
    also: [
      {
        file: 'namenode/service/blocks/deleted-blocks.ts',
        find: 'if (map.held(block, undefined).length === 0) batch',
        replace: 'if (nowMs > 0) batch',
      },
      {
        file: 'namenode/service/blocks/deleted-blocks.ts',
        find: 'nowMs - sinceMs < lingerMs ||',
        replace: '',
      },
    ],
  },
  {
    name: 'copy-outlives-its-file',
    seed: 9,
    about: 'a deleted block is forgotten while a copy of it is under way',
    file: 'namenode/service/blocks/deleted-blocks.ts',
    find: 'this.#options.pendingCopies(block) > 0 || this.isMoving(block)',
    replace: 'false',
    also: [
      // What is kept for undo is gone long after its copies and its writers.
      {
        file: 'test/simulation/world/settings.ts',
        find: "'undo.keep': '4s'",
        replace: "'undo.keep': '0'",
      },
      {
        file: 'namenode/service/blocks/deleted-blocks.ts',
        find: 'nowMs - sinceMs < lingerMs ||',
        replace: '',
      },
    ],
  },
  {
    name: 'recovery-unverified',
    seed: 55,
    about:
      'a pipeline that is recovered goes on with bytes that have turned bad, and the good ones are stale',
    file: 'datanode/blocks/replica-recovery.ts',
    find: 'await verifyBeginning(file, lengthBytes)',
    replace: '',
  },
  {
    name: 'dropped-writer-forgotten',
    seed: 130,
    about: 'a node that dropped out of a pipeline is struck off the record with what it holds',
    file: 'namenode/service/blocks/replica-map.ts',
    find: "row.state === 'being-written' && isOfThisVersion && ",
    replace: "row.state === 'being-written' && ",
    also: [
      // What is kept for undo is gone long after its copies and its writers.
      {
        file: 'test/simulation/world/settings.ts',
        find: "'undo.keep': '4s'",
        replace: "'undo.keep': '0'",
      },
      {
        file: 'namenode/service/blocks/deleted-blocks.ts',
        find: 'nowMs - sinceMs < lingerMs ||',
        replace: '',
      },
    ],
  },
  {
    name: 'edit-lost',
    seed: 1,
    about: 'one kind of change is made without an edit (HDFS-13112)',
    file: 'namenode/service/namespace/apply/namespace-apply.ts',
    find: 'this.stores.edits.append({',
    replace: "if (edit.op !== 'setReplication') this.stores.edits.append({",
  },
  {
    name: 'answered-before-commit',
    seed: 1,
    about: 'every third change is answered before it is committed',
    file: 'namenode/writer/group-commit.ts',
    find: 'this.#commit.run()\n      const transactionId',
    replace:
      'if (executor.lastTransactionId % 3 === 0 && hasChanges) {\n        this.#rollback.run()\n      } else this.#commit.run()\n      const transactionId',
  },
  {
    name: 'commit-not-synced',
    seed: 1,
    about: "a commit of the namenode is not synced: the driver's own default (fault 30)",
    file: 'namenode/storage/database.ts',
    find: "setAndCheck(database, 'synchronous', 2)",
    replace: "setAndCheck(database, 'synchronous', 1)",
  },
  {
    name: 'recorded-before-commit',
    seed: 3,
    about:
      'the record of the last transaction is ahead of the database: a power cut between makes it refuse to start',
    file: 'namenode/writer/group-commit.ts',
    find: 'if (hasChanges) executor.beforeCommit()',
    replace:
      'if (hasChanges) {\n        executor.beforeCommit()\n        onDurable(executor.lastTransactionId)\n      }',
  },
  {
    name: 'block-id-reused',
    seed: 4,
    about: 'the number of a deleted block is given to the next one (I5)',
    file: 'namenode/service/namespace/apply/namespace-apply-removals.ts',
    find: 'applier.state.blocks -= 1',
    replace:
      'applier.state.blocks -= 1\n  if (applier.state.nextBlock === block.id + 1) applier.state.nextBlock = block.id',
  },
  {
    name: 'unverified-read',
    seed: 3,
    about: 'datanode and reader believe every byte (P2); either alone would be saved by the other',
    file: 'shared/transfer/block-reader.ts',
    find: 'if (badAt < 0) return',
    replace: 'if (badAt < Number.MAX_SAFE_INTEGER) return',
    also: [
      {
        file: 'datanode/blocks/replica-file.ts',
        find: 'data.length !== expectedBytes || hashData(data) !== record.dataHash',
        replace: 'data.length !== expectedBytes',
      },
    ],
  },
  {
    name: 'copy-never-times-out',
    seed: 1,
    about: 'a copy that vanished with its node is waited for for ever',
    file: 'namenode/service/blocks/command-outbox.ts',
    find: "for (const waiting of commands.values()) waiting.onEnd({ outcome: 'dropped' })",
    replace: '',
  },
  {
    name: 'leases-never-expire',
    seed: 3,
    about: 'a file whose writer is gone stays open (HDFS-10763)',
    file: 'namenode/loops/lease-monitor.ts',
    find: '.filter((it) => !parts.recovery.isRunning(it))',
    replace: '.filter((it) => parts.recovery.isRunning(it))',
  },
  {
    name: 'deleted-left-open',
    seed: 317,
    about:
      'nobody closes the block of a file that was deleted while it was open, and that a snapshot shows',
    file: 'namenode/service/namespace/apply/namespace-apply-removals.ts',
    find: 'const isOpen = stores.blocks.leftOpen(file.id) !== undefined',
    replace: 'const isOpen = false',
  },
  {
    name: 'shown-block-is-cut',
    seed: 11,
    about: 'a truncation cuts a block that a snapshot shows, instead of copying what stays',
    file: 'namenode/service/namespace/rules/namespace-truncate.ts',
    find: '...(mayBeShown ? { copy: blockId(state.nextBlock) } : {})',
    replace: '',
  },
  {
    name: 'shown-length-grows',
    seed: 4,
    about: 'a snapshot shows the length that a block has now, not the one it had',
    file: 'namenode/service/namespace/apply/namespace-apply-files.ts',
    find: 'if (lengthBytes !== block.lengthBytes) applier.versions.keepBlock(id, file)',
    replace: '',
  },
  {
    name: 'undone-and-purged',
    seed: 10,
    about: 'what was brought back is still listed as deleted, and purged when its time is over',
    file: 'namenode/service/namespace/apply/namespace-apply-deletions.ts',
    find: '  stores.deletions.remove(deletionOf(applier, edit.deletion))\n',
    replace: '',
  },
  {
    name: 'joined-length-forgotten',
    seed: 8,
    about: 'a file that others are joined to keeps its length',
    file: 'namenode/service/namespace/apply/namespace-apply-files.ts',
    find: 'lengthBytes + source.lengthBytes',
    replace: 'lengthBytes',
  },
  {
    name: 'pause-taken-for-silence',
    seed: 10,
    about: 'a namenode that stood still takes its datanodes for dead',
    file: 'namenode/service/nodes/cluster-registry.ts',
    find: 'if (gapMs < this.#options.limits.staleAfterMs) return',
    replace: 'if (gapMs > 0) return',
  },
  {
    name: 'blocks-to-and-fro',
    seed: 59,
    about: 'balance moves blocks that make it no better',
    file: 'namenode/policy/plan-balance.ts',
    find: 'return lengthBytes > 0 && left >= reached',
    replace: 'return lengthBytes > 0 || left >= reached',
  },
  {
    name: 'source-of-a-move-goes-first',
    seed: 3,
    about:
      'what is moved to another node is removed when the copy is ordered, not when it was reported',
    file: 'namenode/service/movement/block-moves.ts',
    find: 'this.#moves.set(id, move)\n',
    replace:
      "this.#moves.set(id, move)\n    if (isCopy(plan)) {\n      const gone = { kind: 'delete', storageId: source.storageId, blocks: [{ id, generationStamp }] } as const\n      outbox.offer(source.datanodeUuid, { body: gone, timeoutMs, onEnd: () => {} })\n    }\n",
  },
  {
    name: 'unknown-node-leaves',
    seed: 254,
    about: 'a node of which nothing is known is decommissioned: nothing seems to depend on it',
    file: 'namenode/service/nodes/node-drain.ts',
    find: 'if (!this.#isKnown()) {',
    replace: 'if (this.#waiting.size < 0) {',
  },
  {
    name: 'repeat-done-again',
    seed: 1,
    about: 'a request that was carried out, and whose answer was lost, is carried out again (I11)',
    file: 'namenode/service/namespace/namespace-engine.ts',
    find: 'if (isRepeat) return',
    replace: 'if (isRepeat && nowMs < 0) return',
  },
]
