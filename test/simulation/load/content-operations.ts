/** What a client does with the bytes of its files: it makes, extends, shortens and reads them. */
import type { DfsClient } from '../../../shared/client/dfs-client.js'
import { BLOCK_BYTES } from '../world/settings.js'
import type { ClientContext } from './client-context.js'
import { complaintAbout, type KnownFile, withNewEnd } from './known-file.js'

/** One writer in so many goes away when its bytes are synced, and never closes. */
const LEFT_OPEN = 10

/** Its content is known to the last byte, so that the next change has a definite beginning. */
const isSettled = (it: KnownFile) => it.presence === 'present' && it.isDefinite && it.isClosed

export async function create(context: ClientContext): Promise<void> {
  const { client, random, name, folder } = context
  const tag = `${name}f${context.nextNumber()}`
  const path = `${folder}/${tag}`
  context.possibleNames.add(path)
  const file: KnownFile = {
    tag,
    path,
    presence: 'unknown',
    renamedTo: undefined,
    changes: 0,
    acknowledged: Buffer.alloc(0),
    attempted: Buffer.alloc(0),
    isDefinite: false,
    isClosed: false,
  }
  file.attempted = withNewEnd(file, context.someLength())
  context.files.push(file)
  const replication = 2 + random.below(2)
  const opened = await context.try('create', path, () => client.create(path, { replication }))
  if (!opened.ok) return
  file.presence = 'present'
  await fill(context, file, opened.value)
}

/** @param isLeft its writer goes away before it closes the file */
export async function append(context: ClientContext, isLeft = false): Promise<void> {
  const file = context.some(isSettled)
  if (file === undefined) return
  const { client } = context
  const opened = await context.try('append', file.path, () => client.append(file.path))
  if (!opened.ok) return
  file.isClosed = false
  file.isDefinite = false
  file.attempted = withNewEnd(file, 1 + context.someLength())
  await fill(context, file, opened.value, isLeft)
}

/** Writes what is attempted behind what is acknowledged, in pieces, and closes, or goes away. */
async function fill(
  context: ClientContext,
  file: KnownFile,
  writer: Awaited<ReturnType<DfsClient['create']>>,
  mustLeave = false,
): Promise<void> {
  const { random, life } = context
  const isLeft = random.below(LEFT_OPEN) === 0 || mustLeave
  const written = await context.try('write', file.path, async () => {
    let at = file.acknowledged.length
    while (at < file.attempted.length) {
      const end = Math.min(file.attempted.length, at + 1 + random.below(BLOCK_BYTES))
      await writer.write(file.attempted.subarray(at, end))
      at = end
      if (random.below(4) === 0) await life.clock.sleep(random.below(3_000))
      if (random.below(4) === 0) {
        await writer.hsync()
        file.acknowledged = file.attempted.subarray(0, at)
      }
    }
    if (isLeft) {
      await writer.hsync()
      file.acknowledged = file.attempted
    } else await writer.close()
  })
  if (!written.ok || isLeft) {
    await writer.abort()
    return
  }
  file.acknowledged = file.attempted
  file.isDefinite = true
  file.isClosed = true
}

/** Most cuts are waited for; the others are under way while the file is moved, shown by a snapshot, or deleted. */
export async function truncate(context: ClientContext): Promise<void> {
  const file = context.some((it) => isSettled(it) && it.acknowledged.length > 0)
  if (file === undefined) return
  const { client, random, onViolation } = context
  const lengthBytes = someCut(context, file.acknowledged.length)
  // What is cut off may be there until the answer, and without one for good.
  file.acknowledged = file.acknowledged.subarray(0, lengthBytes)
  file.isDefinite = false
  const wait = random.below(4) > 0
  const cut = await context.try('truncate', `${file.path} to ${lengthBytes}`, () =>
    client.truncate(file.path, lengthBytes, { wait }),
  )
  if (!cut.ok) {
    const { code, message } = cut.error
    if (code === 'ILLEGAL_ARGUMENT' || code === 'NOT_FOUND') {
      onViolation(`I1: ${file.path} should have been longer than ${lengthBytes}: ${message}`)
    }
    return
  }
  if (!cut.value) return
  file.attempted = file.acknowledged
  file.isDefinite = true
}

function someCut({ random }: ClientContext, lengthBytes: number): number {
  const blocks = Math.floor(lengthBytes / BLOCK_BYTES)
  const edges = [0, lengthBytes - 1, blocks * BLOCK_BYTES, Math.max(0, blocks - 1) * BLOCK_BYTES]
  if (random.below(4) === 0) return edges[random.below(edges.length)] ?? 0
  return random.below(lengthBytes + 1)
}

/** The sources become the end of the target, and are gone. */
export async function concat(context: ClientContext): Promise<void> {
  const target = context.some(isSettled)
  const source = context.some((it) => isSettled(it) && it !== target && it.acknowledged.length > 0)
  if (target === undefined || source === undefined) return
  const { client, possibleNames, onViolation } = context
  target.attempted = Buffer.concat([target.acknowledged, source.acknowledged])
  target.isDefinite = false
  source.presence = 'unknown'
  const what = `${target.path} and ${source.path}`
  const joined = await context.try('concat', what, () => client.concat(target.path, [source.path]))
  if (joined.ok) {
    target.acknowledged = target.attempted
    target.isDefinite = true
    source.presence = 'absent'
    possibleNames.delete(source.path)
    return
  }
  const { code } = joined.error
  if (code === 'NOT_FOUND') onViolation(`I9: ${what} should be there: concat`)
  // One of them is open, by an append that got no answer: nothing has happened, however often it was asked.
  if (code !== 'ILLEGAL_ARGUMENT') return
  target.attempted = target.acknowledged
  target.isDefinite = true
  source.presence = 'present'
}

export async function read(context: ClientContext): Promise<void> {
  const file = context.some((it) => it.presence === 'present')
  if (file === undefined) return
  const { client, onViolation } = context
  const found = await context.try('read', file.path, () => client.readFile(file.path))
  if (!found.ok) {
    if (found.error.code === 'NOT_FOUND') onViolation(`I1: ${file.path} is gone: read`)
    return
  }
  // Also while it is open: what was synced is shown to everybody who opens it afterwards.
  const complaint = complaintAbout(file, found.value)
  if (complaint !== undefined) onViolation(`${complaint}: read`)
}
