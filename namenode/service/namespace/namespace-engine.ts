/**
 * Executes changes inside the writer's transaction: repeat? → decide → edit → apply. Knows nothing of threads, queues
 * or commits, so that the thread, the inline writer and the tests run the same code.
 */
import { crashPoint } from '../../../shared/crash-point.js'
import { DfsError } from '../../../shared/errors.js'
import { type BlockId, type TransactionId, transactionId } from '../../../shared/ids.js'
import { checkLabel } from '../../policy/argument-limits.js'
import type { Stores } from '../../storage/stores.js'
import type { BatchExecutor } from '../../writer/group-commit.js'
import { EditApplier } from './apply/namespace-apply.js'
import type {
  ChangeContext,
  ChangeKind,
  ChangeLimits,
  ChangeRequest,
  ChangeRule,
  Decision,
} from './namespace-change.js'
import type { AnsweredRequest, LoggedEdit } from './namespace-edit.js'
import type { DeletedBlock } from './namespace-model.js'
import { Tree } from './namespace-tree.js'
import { CHANGE_RULES } from './rules/namespace-rules.js'

/** What a committed batch means for replicas. */
export interface NamespaceEffects {
  readonly blocks: readonly BlockId[]
  readonly deletedBlocks: readonly DeletedBlock[]
}

/** Of those that are too old, so many go with each commit. */
const EDITS_FORGOTTEN_AT_ONCE = 2000

const ALLOWED_ON_LOW_DISK: ReadonlySet<ChangeKind> = new Set<ChangeKind>([
  'delete',
  'abandonBlock',
  'completeFile',
  'completeEmptyFile',
  'finishLeaseRecovery',
  'forgetDeletedBlocks',
  'purgeDeletedTrees',
  'pruneRequests',
  'skipNumbers',
  'deleteSnapshot',
  'freeSnapshots',
  'giveUpDeletions',
])

export class NamespaceEngine implements BatchExecutor<ChangeRequest, NamespaceEffects> {
  readonly #stores: Stores
  readonly #tree: Tree
  readonly #limits: ChangeLimits
  readonly #applier: EditApplier
  /** The state to return to when the change under way is undone. */
  #before
  #isDiskLow = false
  #lastKind: ChangeKind | undefined
  #hasWritten = false

  constructor(stores: Stores, limits: ChangeLimits) {
    this.#stores = stores
    this.#limits = limits
    this.#tree = new Tree(stores, 'changing')
    this.#applier = new EditApplier(stores)
    this.#before = this.#snapshot()
  }

  get lastTransactionId(): TransactionId {
    return transactionId(this.#applier.state.lastTransaction)
  }

  /** What was changed last; for crash points alone. */
  get lastKind(): ChangeKind | undefined {
    return this.#lastKind
  }

  /** Settling totals does not count: that writes what others have added, which stays. */
  get hasWritten(): boolean {
    return this.#hasWritten
  }

  /** @throws DfsError when the change is refused: then nothing of it may stay */
  execute(request: ChangeRequest): unknown {
    this.#hasWritten = false
    return this.#execute(request)
  }

  /** Applies an edit that no client asked for: format and open. */
  applyOwn(edit: LoggedEdit, timeMs: number): void {
    this.#applier.apply(edit, timeMs)
    this.keep()
  }

  /** While space is low only changes that free some, or finish what was begun, are accepted. */
  setDiskLow(isLow: boolean): void {
    this.#isDiskLow = isLow
  }

  keep(): void {
    this.#applier.totals.keep()
    this.#stores.inodes.memory?.keep()
    this.#before = this.#snapshot()
  }

  undo(): void {
    this.#applier.totals.undo()
    this.#applier.versions.reset()
    this.#stores.inodes.memory?.undo()
    const { state, blocks, deletedBlocks } = this.#before
    this.#applier.state = { ...state }
    this.#applier.effects.blocks.length = blocks
    this.#applier.effects.deletedBlocks.length = deletedBlocks
  }

  beforeCommit(): void {
    this.#applier.flush()
    this.#stores.edits.prune(
      this.lastTransactionId - this.#limits.editsRetained,
      EDITS_FORGOTTEN_AT_ONCE,
    )
    crashPoint('change.committing', this.#lastKind)
  }

  takeEffects(): NamespaceEffects {
    const { effects } = this.#applier
    this.#applier.effects = { blocks: [], deletedBlocks: [] }
    this.#applier.totals.reset()
    this.#before = this.#snapshot()
    return effects
  }

  rolledBack(): void {
    this.#applier.state = this.#stores.state.get()
    this.#applier.totals.reset()
    this.#applier.versions.reset()
    this.#stores.inodes.memory?.clear()
    this.takeEffects()
  }

  #execute<K extends ChangeKind>(request: ChangeRequest<K>): unknown {
    const rule: ChangeRule<K> = CHANGE_RULES[request.kind]
    const { call, nowMs } = request
    checkLabel('user name', call.principal.user)
    if (this.#isDiskLow && !ALLOWED_ON_LOW_DISK.has(request.kind)) {
      throw new DfsError('DISK_FULL', 'only deletions are accepted until it has room again')
    }
    const context: ChangeContext = {
      stores: this.#stores,
      tree: this.#tree,
      versions: this.#applier.versions,
      // Without room nothing is kept: what is deleted makes some.
      limits: this.#isDiskLow ? { ...this.#limits, keepDeletedMs: 0 } : this.#limits,
      state: this.#applier.state,
      call,
      nowMs,
      settleTotals: () => this.#applier.totals.write(),
    }
    const attempt = rule.answerAgain === undefined ? undefined : validRequestId(request)
    if (attempt !== undefined && rule.answerAgain !== undefined) {
      const stored = this.#stores.requests.get(attempt.clientId, attempt.callId)
      const isRepeat = stored?.operation === request.kind && stored.user === call.principal.user
      if (isRepeat) return rule.answerAgain(context, JSON.parse(stored.result))
    }
    const decision = rule.decide(context, request.change)
    if (decision.edit !== undefined) {
      this.#lastKind = request.kind
      crashPoint('change.decided', request.kind)
      const answered = attempt && answeredRequest(request, attempt, decision)
      this.#hasWritten = true
      this.#applier.apply(decision.edit, nowMs, answered)
      crashPoint('change.applied', request.kind)
    }
    return decision.result()
  }

  #snapshot() {
    const { state, effects } = this.#applier
    return {
      state: { ...state },
      blocks: effects.blocks.length,
      deletedBlocks: effects.deletedBlocks.length,
    }
  }
}

function answeredRequest(
  request: ChangeRequest,
  attempt: { readonly clientId: string; readonly callId: number },
  decision: Decision<unknown>,
): AnsweredRequest {
  return {
    client: attempt.clientId,
    call: attempt.callId,
    user: request.call.principal.user,
    operation: request.kind,
    result: decision.remember ?? null,
  }
}

/** Only requests with 16 bytes of client id and a call number can be told apart from others (protocol reference 1.6). */
function validRequestId({ call }: ChangeRequest) {
  const id = call.requestId
  const isValid = id !== undefined && /^[0-9a-f]{32}$/i.test(id.clientId) && id.callId >= 0
  return isValid ? id : undefined
}
