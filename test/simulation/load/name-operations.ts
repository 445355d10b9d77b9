/** What a client does with its files as a whole: it moves, lists and deletes them and changes their replication. */
import type { ClientContext } from './client-context.js'
import { append } from './content-operations.js'
import type { KnownFile } from './known-file.js'

const POLICIES = ['HOT', 'ONE_SSD', 'ALL_SSD']

export async function rename(context: ClientContext): Promise<void> {
  const file = context.some((it) => it.presence === 'present' && it.isClosed)
  if (file === undefined) return
  const { client, folder, possibleNames, onViolation } = context
  const from = file.path
  const to = `${folder}/${file.tag}-${context.nextNumber()}`
  possibleNames.add(to)
  // Without an answer it stays in doubt which of the two names it has.
  file.presence = 'unknown'
  file.renamedTo = to
  const moved = await context.try('rename', from, () => client.renameStrictly(from, to))
  if (moved.ok) {
    file.presence = 'present'
    file.path = to
    file.renamedTo = undefined
    possibleNames.delete(from)
    return
  }
  if (moved.error.code === 'NOT_FOUND') onViolation(`I9: ${from} is gone: rename`)
}

export async function setReplication(context: ClientContext): Promise<void> {
  const file = context.some((it) => it.presence === 'present')
  if (file === undefined) return
  const { client, random } = context
  const replication = 2 + random.below(2)
  await context.try('setrep', file.path, () => client.setReplication(file.path, replication))
}

/** New replicas go where the policy wants them; those that exist are to be moved. */
export async function setPolicy(context: ClientContext): Promise<void> {
  const file = context.some((it) => it.presence === 'present' && it.isClosed)
  if (file === undefined) return
  const { client, random } = context
  const policy = POLICIES[random.below(POLICIES.length)] ?? 'HOT'
  await context.try('policy', `${file.path} ${policy}`, async () => {
    await client.attributes.setStoragePolicy(file.path, policy)
    await client.attributes.satisfyStoragePolicy(file.path)
  })
}

export async function remove(context: ClientContext): Promise<void> {
  const { client, random, onViolation } = context
  // What is deleted while it is open is nobody's to close, unless somebody takes care of it.
  const isOpen = random.below(2) === 0
  const isLeft = (it: KnownFile) => it.presence === 'present' && !it.isClosed
  if (isOpen && context.takesSnapshots && !context.files.some(isLeft)) await append(context, true)
  const left = isOpen ? context.some(isLeft) : undefined
  const file = left ?? context.some((it) => it.presence === 'present')
  if (file === undefined) return
  // In doubt from the moment of the question: what is gone must not be missed meanwhile.
  file.presence = 'unknown'
  const gone = await context.try('delete', file.path, () => client.delete(file.path))
  if (!gone.ok) return
  if (!gone.value) onViolation(`I9: ${file.path} is gone: delete`)
  file.presence = 'absent'
  context.possibleNames.delete(file.path)
  context.deleted.push(file)
}

/** What was deleted last comes back, if it is not too late. */
export async function undo(context: ClientContext): Promise<void> {
  const { client, deleted, possibleNames } = context
  const file = deleted.pop()
  if (file === undefined) return
  file.presence = 'unknown'
  possibleNames.add(file.path)
  const undone = await context.try('undo', file.path, () => client.undo({ path: file.path }))
  if (undone.ok) {
    file.presence = 'present'
    if (undone.value.path !== file.path) {
      context.onViolation(`I9: ${file.path} came back as ${undone.value.path}`)
    }
  } else if (undone.error.code === 'NOT_FOUND') {
    // Also as the answer to a repeated question: then the first one found nothing either.
    file.presence = 'absent'
    possibleNames.delete(file.path)
  }
}

export async function list(context: ClientContext): Promise<void> {
  const { client, folder, onViolation } = context
  const listed = await context.try('list', folder, async () => {
    const paths: string[] = []
    for await (const { path } of client.list(folder)) paths.push(path)
    return paths
  })
  if (!listed.ok) return
  const paths = new Set(listed.value)
  for (const { path, presence } of context.files) {
    if (presence === 'present' && !paths.has(path)) onViolation(`I9: ${path} is gone: list`)
  }
  for (const path of paths) {
    if (!context.possibleNames.has(path)) onViolation(`I9: ${path} should not be there: list`)
  }
}
