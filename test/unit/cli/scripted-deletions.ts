/** What a scripted cluster answers about deleted files: a list that a test fills, and a record of what was asked for. */
import type { DfsCalls } from '../../../shared/client/deletions.js'
import { DfsError } from '../../../shared/errors.js'

type Listed = Awaited<ReturnType<DfsCalls['listDeleted']>>['entries'][number]
type Undelete = Parameters<DfsCalls['undelete']>[0]

export class ScriptedDeletions {
  readonly entries: Listed[] = []
  readonly requests: Undelete[] = []
  /** As Apache's namenode, which has no such calls. */
  isApache = false

  add(number: number, path: string, changes: Partial<Listed> = {}): this {
    this.entries.push({
      number,
      path,
      isDirectory: false,
      length: 2048,
      spaceConsumed: 6144,
      fileCount: 1,
      directoryCount: 0,
      owner: 'alice',
      group: 'staff',
      permission: 0o644,
      modificationTime: 0,
      deletedBy: 'alice',
      operation: 'delete',
      deletionTime: Date.UTC(2026, 10, 21, 14, 5),
      keptUntil: Date.UTC(2026, 10, 21, 15, 5),
      ...changes,
    })
    return this
  }

  readonly calls: DfsCalls = {
    listDeleted: async ({ path, after }) => {
      this.#refuse('listDeleted')
      const found = this.entries.filter((it) => it.path.startsWith(path))
      const from = after === undefined ? 0 : found.findIndex((it) => it.number === after.number) + 1
      const [entry] = found.slice(from)
      // Pages of one entry: every listing turns pages.
      const isMore = entry !== undefined && from + 1 < found.length
      return {
        entries: entry === undefined ? [] : [entry],
        next: isMore ? { path: entry.path, number: entry.number } : undefined,
      }
    },
    getDeletionTotals: async () => {
      this.#refuse('getDeletionTotals')
      const spaceConsumed = this.entries.reduce((sum, it) => sum + it.spaceConsumed, 0)
      return { deletions: this.entries.length, spaceConsumed }
    },
    undelete: async (request) => {
      this.#refuse('undelete')
      this.requests.push(request)
      const from = request.path ?? this.entries.at(-1)?.path ?? ''
      return { from, path: request.to ?? from }
    },
  }

  #refuse(method: string): void {
    if (this.isApache) throw new DfsError('NO_SUCH_PROTOCOL', `Unknown protocol of ${method}`)
  }
}
