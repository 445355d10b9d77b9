/** Writing files: create, blocks, pipelines, close, leases (protocol reference 2.6). */
import { DfsError } from '../../shared/errors.js'
import { rpcMethod } from '../../shared/hadoop/ipc-server.js'
import { CLIENT_PROTOCOL } from '../../shared/hadoop/schema/client-protocol.js'
import { AddBlockFlag, CreateFlag } from '../../shared/hadoop/schema/writing.js'
import { datanodeUuid, storageId } from '../../shared/ids.js'
import { LAZY_PERSIST_POLICY } from '../policy/storage-policies.js'
import type { NamenodeServices } from '../service/services.js'
import { callOf, protectedCallOf } from './call.js'
import { PERMISSION_BITS } from './namespace-changes.js'
import {
  blockOf,
  datanodeName,
  fileIdOf,
  fileStatusMessage,
  locatedBlockMessage,
  unplacedBlockMessage,
} from './translate.js'

/** More than any replication needs; each costs a look at all datanodes. */
const MAX_FAVOURED_NODES = 512

const hasFlag = (flags: number, flag: number) => (flags & flag) !== 0

export function fileWrites(services: NamenodeServices) {
  return { ...opening(services), ...blocks(services), ...closing(services) }
}

function opening({ namespace, reopening, principals }: NamenodeServices) {
  const { blockPoolId } = namespace.identity
  return {
    create: rpcMethod(CLIENT_PROTOCOL.create, async (request, context) => {
      if (request.ecPolicyName !== undefined && request.ecPolicyName !== '') {
        throw new DfsError(
          'ILLEGAL_ARGUMENT',
          `Policy '${request.ecPolicyName}' does not match any enabled erasure coding policies: []. ` +
            'An erasure coding policy can be enabled by enableErasureCodingPolicy API.',
        )
      }
      const status = await namespace.create(protectedCallOf(context, principals), {
        path: request.src,
        permission: request.masked.perm & PERMISSION_BITS,
        unmaskedPermission: request.unmasked && request.unmasked.perm & PERMISSION_BITS,
        holder: request.clientName,
        create: hasFlag(request.createFlag, CreateFlag.CREATE),
        overwrite: hasFlag(request.createFlag, CreateFlag.OVERWRITE),
        createParent: request.createParent,
        replication: request.replication,
        blockSizeBytes: request.blockSize,
        policy: hasFlag(request.createFlag, CreateFlag.LAZY_PERSIST)
          ? LAZY_PERSIST_POLICY.name
          : request.storagePolicy,
      })
      return { fs: fileStatusMessage(status) }
    }),
    append: rpcMethod(CLIENT_PROTOCOL.append, async (request, context) => {
      const newBlock = hasFlag(request.flag ?? 0, CreateFlag.NEW_BLOCK)
      const { status, lastBlock } = await reopening.append(protectedCallOf(context, principals), {
        path: request.src,
        holder: request.clientName,
        newBlock,
      })
      const stat = fileStatusMessage(status)
      if (lastBlock === undefined) return { stat }
      const block = newBlock
        ? unplacedBlockMessage(lastBlock.block, blockPoolId)
        : locatedBlockMessage(lastBlock, blockPoolId)
      return { stat, block }
    }),
    truncate: rpcMethod(CLIENT_PROTOCOL.truncate, async (request, context) => ({
      result: await reopening.truncate(protectedCallOf(context, principals), {
        path: request.src,
        newLengthBytes: request.newLength,
        holder: request.clientName,
      }),
    })),
    concat: rpcMethod(CLIENT_PROTOCOL.concat, async (request, context) => {
      const { trg: target, srcs: sources } = request
      await namespace.concat(protectedCallOf(context, principals), { target, sources })
      return {}
    }),
    recoverLease: rpcMethod(CLIENT_PROTOCOL.recoverLease, async (request, context) => ({
      result: await reopening.recoverLease(callOf(context, principals), request.src),
    })),
    renewLease: rpcMethod(CLIENT_PROTOCOL.renewLease, async (request, context) => {
      await namespace.renewLease(callOf(context, principals), { holder: request.clientName })
      return {}
    }),
  }
}

function blocks({ namespace, writes, blockManager, principals }: NamenodeServices) {
  const { blockPoolId } = namespace.identity
  return {
    addBlock: rpcMethod(CLIENT_PROTOCOL.addBlock, async (request, context) => {
      const located = await writes.addBlock(callOf(context, principals), {
        path: request.src,
        fileId: fileIdOf(request.fileId),
        holder: request.clientName,
        previous: request.previous && blockOf(request.previous, blockPoolId),
        excluded: request.excludeNodes.map((it) => datanodeName(it.id)),
        favoured: request.favoredNodes.slice(0, MAX_FAVOURED_NODES),
        writerNode: writerNodeOf(request.flags),
      })
      return { block: locatedBlockMessage(located, blockPoolId) }
    }),
    abandonBlock: rpcMethod(CLIENT_PROTOCOL.abandonBlock, async (request, context) => {
      await namespace.abandonBlock(callOf(context, principals), {
        path: request.src,
        fileId: fileIdOf(request.fileId),
        holder: request.holder,
        block: blockOf(request.b, blockPoolId),
      })
      return {}
    }),
    getAdditionalDatanode: rpcMethod(
      CLIENT_PROTOCOL.getAdditionalDatanode,
      async (request, context) => {
        const located = await writes.additionalDatanodes(callOf(context, principals), {
          path: request.src,
          fileId: fileIdOf(request.fileId),
          holder: request.clientName,
          block: blockOf(request.blk, blockPoolId),
          existing: request.existings.map((it, index) => ({
            datanodeUuid: datanodeUuid(it.id.datanodeUuid),
            storageId: storageId(request.existingStorageUuids[index] ?? ''),
          })),
          excluded: request.excludes.map((it) => datanodeName(it.id)),
          count: request.numAdditionalNodes,
        })
        return { block: locatedBlockMessage(located, blockPoolId) }
      },
    ),
    updateBlockForPipeline: rpcMethod(
      CLIENT_PROTOCOL.updateBlockForPipeline,
      async (request, context) => {
        const block = await writes.newStampForPipeline(callOf(context, principals), {
          block: blockOf(request.block, blockPoolId),
          holder: request.clientName,
        })
        return { block: unplacedBlockMessage(block, blockPoolId) }
      },
    ),
    updatePipeline: rpcMethod(CLIENT_PROTOCOL.updatePipeline, async (request, context) => {
      await writes.updatePipeline(protectedCallOf(context, principals), {
        holder: request.clientName,
        oldBlock: blockOf(request.oldBlock, blockPoolId),
        newBlock: blockOf(request.newBlock, blockPoolId),
        datanodes: request.newNodes.map(datanodeName),
        storageIds: request.storageIDs.map(storageId),
      })
      return {}
    }),
    // A reader's word costs nobody a replica: its node verifies it first.
    reportBadBlocks: rpcMethod(CLIENT_PROTOCOL.reportBadBlocks, (request) => {
      for (const { b, locs } of request.blocks) {
        const { id } = blockOf(b, blockPoolId)
        for (const loc of locs) {
          const node = blockManager.findDatanode(datanodeName(loc.id))
          if (node !== undefined) blockManager.suspectReplica(id, node.uuid)
        }
      }
      return {}
    }),
  }
}

function closing({ namespace, writes, principals }: NamenodeServices) {
  const { blockPoolId } = namespace.identity
  return {
    fsync: rpcMethod(CLIENT_PROTOCOL.fsync, async (request, context) => {
      await namespace.fsync(callOf(context, principals), {
        path: request.src,
        fileId: fileIdOf(request.fileId),
        holder: request.client,
        lastBlockLengthBytes: request.lastBlockLength ?? -1,
      })
      return {}
    }),
    complete: rpcMethod(CLIENT_PROTOCOL.complete, async (request, context) => ({
      result: await writes.complete(callOf(context, principals), {
        path: request.src,
        fileId: fileIdOf(request.fileId),
        holder: request.clientName,
        last: request.last && blockOf(request.last, blockPoolId),
      }),
    })),
  }
}

function writerNodeOf(flags: readonly number[]): 'prefer' | 'ignore' | 'avoid' {
  if (flags.includes(AddBlockFlag.NO_LOCAL_WRITE)) return 'avoid'
  return flags.includes(AddBlockFlag.IGNORE_CLIENT_LOCALITY) ? 'ignore' : 'prefer'
}
