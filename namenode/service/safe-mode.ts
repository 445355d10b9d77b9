/**
 * Whether changes are accepted, and why not, in the same words on every face. Writes wait at start until the replica map
 * is confirmed enough (block management decides), and while an administrator has said so.
 */
import { DfsError } from '../../shared/errors.js'
import type { BlockManager, WriteReadiness } from './blocks/block-manager.js'

const MANUAL_REASON =
  'It was turned on manually. Use "hdfs dfsadmin -safemode leave" to turn safe mode off.'

export class SafeMode {
  readonly #blockManager: Pick<BlockManager, 'writeReadiness'>
  #isManual = false

  constructor(blockManager: Pick<BlockManager, 'writeReadiness'>) {
    this.#blockManager = blockManager
  }

  readiness(): WriteReadiness {
    return this.#isManual
      ? { kind: 'safe-mode', reason: MANUAL_REASON }
      : this.#blockManager.writeReadiness()
  }

  get isOn(): boolean {
    return this.readiness().kind === 'safe-mode'
  }

  enterManually(): void {
    this.#isManual = true
  }

  /** Ends only what `enterManually` began: the check at start guards data and ends by itself. */
  leaveManually(): void {
    this.#isManual = false
  }

  /**
   * Guards whatever begins a change.
   * @param refusal such as `Cannot delete /x`: the start of the message (protocol reference 2.5)
   * @throws DfsError SAFE_MODE
   */
  requireOff(refusal: string): void {
    const readiness = this.readiness()
    if (readiness.kind === 'safe-mode') throw refused(refusal, readiness.reason)
  }

  /**
   * Guards what continues a write that was accepted before a restart: only an administrator's word stops it, since the
   * replicas of a block that is being finished report themselves.
   * @throws DfsError SAFE_MODE
   */
  requireNotManual(refusal: string): void {
    if (this.#isManual) throw refused(refusal, MANUAL_REASON)
  }
}

function refused(refusal: string, reason: string): DfsError {
  const text = `${refusal}. Name node is in safe mode.\n${reason} NamenodeHostName:localhost`
  return new DfsError('SAFE_MODE', text, { details: { reason } })
}
