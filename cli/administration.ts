/** Connections of the administrator's commands: made for one command, closed behind it. */
import { Administration } from '../shared/client/administration.js'
import { DatanodeAdministration } from '../shared/client/datanode-administration.js'
import { clusterAddress } from '../shared/client/remote-path.js'
import { DfsError } from '../shared/errors.js'
import type { CommandContext } from './command.js'

/** Works with the namenode that the context names, or the one of `fs`. */
export async function withNamenode<T>(
  context: CommandContext,
  work: (namenode: Administration) => Promise<T>,
  fs = context.defaultFs(),
): Promise<T> {
  const { user, io } = context
  const address = clusterAddress(fs)
  const namenode = new Administration({ address, user, seams: io.seams, signal: io.signal })
  try {
    return await work(namenode)
  } finally {
    namenode.close()
  }
}

/**
 * Works with one datanode.
 * @param place `host:port` of its IPC port
 * @throws DfsError USAGE
 */
export async function withDatanode<T>(
  context: CommandContext,
  place: string,
  work: (datanode: DatanodeAdministration) => Promise<T>,
): Promise<T> {
  if (!/^(\[[0-9a-fA-F:.]+\]|[^/:@\s]+):\d{1,5}$/.test(place)) {
    throw new DfsError('USAGE', `'${place}' is not host:port of a datanode's IPC port (9867)`)
  }
  const { user, io } = context
  const address = clusterAddress(`hdfs://${place}`)
  const datanode = new DatanodeAdministration({ address, user, seams: io.seams, signal: io.signal })
  try {
    return await work(datanode)
  } finally {
    datanode.close()
  }
}
