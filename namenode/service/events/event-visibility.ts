/**
 * Which events somebody gets to see: those about a path and what is below it, and of these those in directories that
 * the reader may list now. What is in a directory that is gone is not shown, since nobody can tell who might list it;
 * superusers see everything.
 */
import { DfsError } from '../../../shared/errors.js'
import type { EventBatch, NamespaceEvent, PublishedEvent } from '../../../shared/events.js'
import { EXECUTE, READ } from '../../policy/permissions.js'
import { isVisible } from '../../policy/xattr-rules.js'
import type { Call } from '../access/call.js'
import type { Namespace } from '../namespace/namespace.js'

/** @param folder absolute, without a slash at its end; `/` for everything */
export class EventVisibility {
  readonly #namespace: Pick<Namespace, 'checkAccess'>
  readonly #call: Call
  readonly #folder: string

  constructor(namespace: Pick<Namespace, 'checkAccess'>, call: Call, folder: string) {
    this.#namespace = namespace
    this.#call = call
    this.#folder = folder
  }

  /** What of the batches the reader sees, oldest first. */
  select(batches: readonly EventBatch[]): PublishedEvent[] {
    // Rights are asked once for each directory of a page, and again for the next page.
    const known = new Map<string, boolean>()
    return batches.flatMap(({ transactionId, user, events }) =>
      events.flatMap((event) => {
        const seen = this.#seen(event, known)
        const by = user === undefined ? {} : { user }
        return seen === undefined ? [] : [{ ...seen, transactionId, ...by }]
      }),
    )
  }

  #seen(event: NamespaceEvent, known: Map<string, boolean>): NamespaceEvent | undefined {
    if (event.type !== 'rename') {
      const isLoss = event.type === 'unlink'
      if (!this.#concerns(event.path, isLoss)) return undefined
      if (!this.#mayList(parentOf(event.path), known)) return undefined
      return this.#mayReadContent(event) ? event : undefined
    }
    const { path = '/', to = '/' } = event
    if (!this.#concerns(path, true) && !this.#concerns(to, true)) return undefined
    const [sees, seesTarget] = [path, to].map((it) => this.#mayList(parentOf(it), known))
    if (sees !== true && seesTarget !== true) return undefined
    const { type, timeMs } = event
    return { type, timeMs, ...(sees ? { path } : {}), ...(seesTarget ? { to } : {}) }
  }

  /** What somebody sees who lists the directory, is shown; an extended attribute only to those who may ask for it. */
  #mayReadContent(event: NamespaceEvent): boolean {
    const { principal } = this.#call
    if (event.type !== 'metadata' || event.change !== 'xattr' || principal.isSuperuser) return true
    return isVisible(event.xattr, { principal, isRaw: false }) && this.#has(READ, event.path)
  }

  /** @param isMove the path came or went, with all that is below it */
  #concerns(path: string, isMove: boolean): boolean {
    return isWithin(path, this.#folder) || (isMove && isWithin(this.#folder, path))
  }

  #mayList(directory: string, known: Map<string, boolean>): boolean {
    const answer = known.get(directory) ?? this.#has(READ | EXECUTE, directory)
    known.set(directory, answer)
    return answer
  }

  #has(access: number, path: string): boolean {
    if (this.#call.principal.isSuperuser) return true
    try {
      this.#namespace.checkAccess(this.#call, path, access)
      return true
    } catch (error) {
      if (error instanceof DfsError && error.code !== 'INTERNAL') return false
      throw error
    }
  }
}

const isWithin = (path: string, folder: string): boolean =>
  folder === '/' || path === folder || path.startsWith(`${folder}/`)

const parentOf = (path: string): string => path.slice(0, path.lastIndexOf('/')) || '/'
