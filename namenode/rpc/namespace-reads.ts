/** Reads of the namespace (protocol reference 2.3, 2.4), without listings. */

import { DfsError } from '../../shared/errors.js'
import { rpcMethod } from '../../shared/hadoop/ipc-server.js'
import { CLIENT_PROTOCOL } from '../../shared/hadoop/schema/client-protocol.js'
import { ChecksumType } from '../../shared/hadoop/schema/hdfs.js'
import { ROOT_INODE_ID } from '../../shared/ids.js'
import type { Call } from '../service/access/call.js'
import { fullQuotaUsage, fullSummary } from '../service/namespace/full-summary.js'
import type { FileStatus } from '../service/namespace/namespace-model.js'
import type { NamenodeServices } from '../service/services.js'
import { callOf } from './call.js'
import { quotaFields } from './quota-messages.js'
import { fileStatusMessage, locatedFileMessage } from './translate.js'

const HOT_POLICY_ID = 7

export function namespaceReads(services: NamenodeServices) {
  const { config, namespace, located, principals } = services
  const { blockPoolId } = namespace.identity
  const statusOf = rpcMethodOfStatus(services)
  return {
    getServerDefaults: rpcMethod(CLIENT_PROTOCOL.getServerDefaults, () => ({
      serverDefaults: {
        blockSize: config.blockSizeBytes,
        bytesPerChecksum: 512,
        writePacketSize: 65_536,
        replication: config.replication,
        fileBufferSize: 4096,
        encryptDataTransfer: false,
        trashInterval: config.trashIntervalMinutes,
        checksumType: ChecksumType.CRC32C,
        // Present and empty: there is no key server. Absent, Java would look into its own configuration.
        keyProviderUri: '',
        policyId: HOT_POLICY_ID,
        snapshotTrashRootEnabled: false,
      },
    })),
    getFileInfo: rpcMethod(CLIENT_PROTOCOL.getFileInfo, statusOf),
    // There are no symbolic links: both see the same.
    getFileLinkInfo: rpcMethod(CLIENT_PROTOCOL.getFileLinkInfo, statusOf),
    getLocatedFileInfo: rpcMethod(CLIENT_PROTOCOL.getLocatedFileInfo, (request, context) => {
      const call = callOf(context, principals)
      const path = request.src ?? ''
      const status = namespace.status(call, path)
      if (status === undefined) return {}
      if (status.kind === 'directory') return { fs: fileStatusMessage(status) }
      const file = located.file(call, path, 0, Number.MAX_SAFE_INTEGER)
      return { fs: fileStatusMessage(file.status, '', locatedFileMessage(file, blockPoolId)) }
    }),
    getBlockLocations: rpcMethod(CLIENT_PROTOCOL.getBlockLocations, (request, context) => {
      const call = callOf(context, principals)
      // Clients ask for up to 2^63 - 1 bytes, which is no exact number here.
      const length = Math.min(request.length, Number.MAX_SAFE_INTEGER)
      const file = located.file(call, request.src, request.offset, length)
      return { locations: locatedFileMessage(file, blockPoolId) }
    }),
    isFileClosed: rpcMethod(CLIENT_PROTOCOL.isFileClosed, (request, context) => ({
      result: namespace.isFileClosed(callOf(context, principals), request.src),
    })),
    getContentSummary: rpcMethod(CLIENT_PROTOCOL.getContentSummary, async (request, context) => {
      const call = callOf(context, principals)
      const summary = await fullSummary(namespace, call, request.path)
      const { onlyInSnapshots } = summary
      return {
        summary: {
          length: summary.lengthBytes,
          fileCount: summary.fileCount,
          directoryCount: summary.directoryCount,
          ...quotaFields(summary, isRoot(services, call, request.path)),
          snapshotLength: onlyInSnapshots.lengthBytes,
          snapshotFileCount: onlyInSnapshots.fileCount,
          snapshotDirectoryCount: onlyInSnapshots.directoryCount,
          snapshotSpaceConsumed: onlyInSnapshots.spaceConsumedBytes,
          erasureCodingPolicy: '',
        },
      }
    }),
    getQuotaUsage: rpcMethod(CLIENT_PROTOCOL.getQuotaUsage, async (request, context) => {
      const call = callOf(context, principals)
      const usage = await fullQuotaUsage(namespace, call, request.path)
      return {
        usage: {
          fileAndDirectoryCount: usage.fileAndDirectoryCount,
          ...quotaFields(usage, isRoot(services, call, request.path)),
        },
      }
    }),
    getPreferredBlockSize: rpcMethod(CLIENT_PROTOCOL.getPreferredBlockSize, (request, context) => ({
      bsize: existing(services, callOf(context, principals), request.filename).blockSizeBytes,
    })),
    checkAccess: rpcMethod(CLIENT_PROTOCOL.checkAccess, (request, context) => {
      namespace.checkAccess(callOf(context, principals), request.path, request.mode)
      return {}
    }),
    // No mount points and no encryption zones: everything hangs below the root.
    getEnclosingRoot: rpcMethod(CLIENT_PROTOCOL.getEnclosingRoot, () => ({
      enclosingRootPath: '/',
    })),
  }
}

function rpcMethodOfStatus({ namespace, principals }: NamenodeServices) {
  return (
    request: { readonly src: string },
    context: Parameters<typeof callOf>[0],
  ): { readonly fs?: ReturnType<typeof fileStatusMessage> } => {
    const status = namespace.status(callOf(context, principals), request.src)
    // A path that does not exist is an empty answer, not an exception: hdfs-native knows no other sign.
    return status === undefined ? {} : { fs: fileStatusMessage(status) }
  }
}

function isRoot({ namespace }: NamenodeServices, call: Call, path: string): boolean {
  return namespace.status(call, path)?.id === ROOT_INODE_ID
}

/** @throws DfsError NOT_FOUND */
function existing({ namespace }: NamenodeServices, call: Call, path: string): FileStatus {
  const status = namespace.status(call, path)
  if (status === undefined) throw new DfsError('NOT_FOUND', `File does not exist: ${path}`)
  return status
}
