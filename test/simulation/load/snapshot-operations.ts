/** A client that takes snapshots of its directory, looks into them while the directory changes, and deletes them. */
import type { ClientContext } from './client-context.js'
import {
  complaintAboutShown,
  complaintsAboutNames,
  frozen,
  type KnownSnapshot,
} from './known-snapshot.js'

/** More show nothing new, and each is looked at in every check. */
const MAX_SNAPSHOTS = 3

export class SnapshotOperations {
  readonly snapshots: KnownSnapshot[] = []
  readonly #context: ClientContext
  #isAllowed = false

  constructor(context: ClientContext) {
    this.#context = context
  }

  async step(): Promise<void> {
    const { random } = this.#context
    const present = this.snapshots.filter((it) => it.presence === 'present')
    const chosen = present[random.below(Math.max(1, present.length))]
    const choice = random.below(10)
    if (chosen === undefined || (choice < 4 && present.length < MAX_SNAPSHOTS)) await this.#create()
    else if (choice < 7) await this.#look(chosen)
    else await this.#delete(chosen)
  }

  async #create(): Promise<void> {
    const context = this.#context
    const { client, folder, onViolation } = context
    if (!this.#isAllowed) {
      const allowed = await context.try('allow snapshots', folder, () =>
        client.snapshots.allow(folder),
      )
      if (!allowed.ok) return
      this.#isAllowed = true
    }
    const name = `s${context.nextNumber()}`
    const path = `${folder}/.snapshot/${name}`
    const snapshot = frozen(folder, path, context.files, context.possibleNames)
    this.snapshots.push(snapshot)
    const made = await context.try('snapshot', path, () => client.snapshots.create(folder, name))
    if (made.ok) snapshot.presence = 'present'
    else if (made.error.code === 'SNAPSHOT') {
      onViolation(`I11: a new name is not free: ${made.error.message}`)
    }
  }

  async #look(snapshot: KnownSnapshot): Promise<void> {
    const context = this.#context
    const { client, random, onViolation } = context
    const listed = await context.try('list snapshot', snapshot.path, async () => {
      const paths: string[] = []
      for await (const { path } of client.list(snapshot.path)) paths.push(path)
      return paths
    })
    if (!listed.ok) {
      if (listed.error.code === 'NOT_FOUND') onViolation(`I9: ${snapshot.path} is gone`)
      return
    }
    for (const it of complaintsAboutNames(snapshot, listed.value)) onViolation(it)
    const path = listed.value[random.below(Math.max(1, listed.value.length))]
    const file = snapshot.files.find((it) => it.path === path || it.renamedTo === path)
    if (path === undefined || file === undefined) return
    const found = await context.try('read snapshot', path, () => client.readFile(path))
    const complaint = found.ok ? complaintAboutShown(file, found.value) : undefined
    if (complaint !== undefined) onViolation(`${complaint}: read`)
  }

  async #delete(snapshot: KnownSnapshot): Promise<void> {
    const context = this.#context
    const { client, folder, onViolation } = context
    const name = snapshot.path.split('/').at(-1) ?? ''
    snapshot.presence = 'unknown'
    const deleted = await context.try('delete snapshot', snapshot.path, () =>
      client.snapshots.delete(folder, name),
    )
    if (deleted.ok) snapshot.presence = 'absent'
    else if (deleted.error.code === 'SNAPSHOT') {
      onViolation(`I9: ${snapshot.path} is gone: ${deleted.error.message}`)
    }
  }
}
