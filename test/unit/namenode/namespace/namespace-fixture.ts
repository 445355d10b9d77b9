/** A namespace on a temporary folder, written inline, with a clock that the test moves. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Call } from '../../../../namenode/service/access/call.js'
import type { StoredNamespace } from '../../../../namenode/service/namespace/namespace-facade.js'
import {
  type NamespaceConfig,
  openNamespace,
} from '../../../../namenode/service/namespace/open-namespace.js'
import { type Clock, systemClock } from '../../../../shared/clock.js'
import { systemDisk } from '../../../../shared/disk.js'
import { DfsError } from '../../../../shared/errors.js'
import { silentLog } from '../../../../shared/log.js'
import { systemNetwork } from '../../../../shared/network.js'
import { seededRandom } from '../../../../shared/random.js'
import { TEST_LIMITS } from './open-engine.js'

/** Wall and monotonic time stand still until a test moves them; timers are the system's. */
export class HandClock implements Clock {
  nowMs = 1_700_000_000_000
  wallMs = () => this.nowMs
  monotonicMs = () => this.nowMs
  sleep = systemClock.sleep
  after = systemClock.after
}

export interface Fixture {
  readonly folder: string
  readonly clock: HandClock
  namespace: StoredNamespace
  /** Closes and opens again, as a restart does. */
  reopen(): Promise<void>
  dispose(): Promise<void>
}

export async function openFixture(overrides: Partial<NamespaceConfig> = {}): Promise<Fixture> {
  const folder = mkdtempSync(join(tmpdir(), 'dfs-namespace-'))
  const clock = new HandClock()
  const open = () => openOn(folder, clock, overrides)
  const fixture: Fixture = {
    folder,
    clock,
    namespace: await open(),
    reopen: async () => {
      await fixture.namespace.close()
      fixture.namespace = await open()
    },
    dispose: async () => {
      await fixture.namespace.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
  return fixture
}

export function openOn(
  folder: string,
  clock: Clock,
  overrides: Partial<NamespaceConfig> = {},
  writer: 'thread' | 'inline' = 'inline',
): Promise<StoredNamespace> {
  const config: NamespaceConfig = {
    dataFolder: folder,
    bindHost: '127.0.0.1',
    superuser: 'hdfs',
    supergroup: 'supergroup',
    ...TEST_LIMITS,
    leaseSoftLimitMs: 60_000,
    leaseHardLimitMs: 1_200_000,
    ...overrides,
  }
  const seams = {
    clock,
    random: seededRandom(1),
    network: systemNetwork,
    disk: systemDisk,
    log: silentLog,
  }
  return openNamespace({ config, seams, writer })
}

/** A call of a user; `hdfs` is the superuser. */
export function as(user: string, extra: Partial<Call> & { groups?: readonly string[] } = {}): Call {
  const { groups = [user], ...rest } = extra
  return {
    principal: { user, groups, isSuperuser: user === 'hdfs' },
    requestId: undefined,
    clientAddress: '10.0.0.1',
    localAddress: '127.0.0.1',
    ...rest,
  }
}

export const ROOT = as('hdfs')

const BLOCK_BYTES = 1000

export const createArguments = (path: string, extra: object = {}) => ({
  path,
  permission: 0o644,
  holder: 'H1',
  create: true,
  overwrite: false,
  createParent: true,
  replication: 3,
  blockSizeBytes: BLOCK_BYTES,
  ...extra,
})

/** Makes a closed file with blocks of the given lengths. */
export async function writeFile(
  namespace: StoredNamespace,
  path: string,
  lengths: readonly number[],
  call = ROOT,
  extra: object = {},
) {
  const { id } = await namespace.create(call, createArguments(path, extra))
  const reference = { path, fileId: id, holder: 'H1' }
  let previous: Parameters<StoredNamespace['allocateBlock']>[1]['previous']
  for (const lengthBytes of lengths) {
    const { block } = await namespace.allocateBlock(call, { ...reference, previous })
    previous = { id: block.id, generationStamp: block.generationStamp, lengthBytes }
  }
  return namespace.completeFile(call, { ...reference, last: previous })
}

/** Makes a closed file longer, by a part of its last block or a new one. */
export async function appendBytes(
  namespace: StoredNamespace,
  path: string,
  moreBytes: number,
): Promise<void> {
  const { status, lastBlock } = await namespace.append(ROOT, {
    path,
    holder: 'H1',
    newBlock: false,
  })
  const reference = { path, fileId: status.id, holder: 'H1' }
  const last =
    lastBlock === undefined || lastBlock.lengthBytes >= BLOCK_BYTES
      ? (await namespace.allocateBlock(ROOT, { ...reference, previous: lastBlock })).block
      : lastBlock
  const lengthBytes = Math.min(BLOCK_BYTES, last.lengthBytes + moreBytes)
  await namespace.completeFile(ROOT, { ...reference, last: { ...last, lengthBytes } })
}

/** Cuts a closed file; a cut inside a block is agreed on as its datanodes would. */
export async function truncateFile(
  namespace: StoredNamespace,
  path: string,
  newLengthBytes: number,
) {
  const { fileId, isDone } = await namespace.truncate(ROOT, { path, newLengthBytes, holder: 'H1' })
  if (isDone) return
  const begun = await namespace.beginLeaseRecovery(fileId)
  if (begun.kind === 'closed') return
  await namespace.finishLeaseRecovery(fileId, {
    id: begun.copyTo ?? begun.block.id,
    generationStamp: begun.newGenerationStamp,
    lengthBytes: begun.truncateBytes ?? begun.block.lengthBytes,
  })
}

/** `CODE: message` of the refusal; fails when nothing was refused. */
export async function refusal(work: Promise<unknown> | (() => unknown)): Promise<string> {
  try {
    await (typeof work === 'function' ? work() : work)
  } catch (error) {
    if (error instanceof DfsError) return `${error.code}: ${error.message}`
    throw error
  }
  throw new Error('nothing was refused')
}

/** An open file with one block that is being written. */
export async function openFileWithBlock(namespace: StoredNamespace, path = '/f', holder = 'H1') {
  const { id } = await namespace.create(ROOT, createArguments(path, { holder }))
  const reference = { path, fileId: id, holder }
  const { block } = await namespace.allocateBlock(ROOT, { ...reference, previous: undefined })
  const { generationStamp } = block
  const named = (lengthBytes: number) => ({ id: block.id, generationStamp, lengthBytes })
  return { id, reference, block, named }
}
