/**
 * The namespace as the faces get it: the same, but changes are refused in safe mode, and every operation of a client
 * leaves a line in the audit log, however it ended. A wrapper and not lines in each handler, so that no face can forget
 * it; block management and loops use the namespace itself.
 */
import { symbolicPermission } from '../../policy/permissions.js'
import type { Audit } from '../access/audit.js'
import { type AuditedCall, audited, auditedRead } from '../access/audited-call.js'
import type { Call } from '../access/call.js'
import type { SafeMode } from '../safe-mode.js'
import {
  CLIENT_CHANGES,
  CLIENT_READS,
  type ClientChange,
  type ClientRead,
  type DescribedChange,
} from './client-operations.js'
import type { Namespace } from './namespace.js'
import type { FileStatus } from './namespace-model.js'

type Method = (...parameters: unknown[]) => unknown
type OfClients = ClientRead | ClientChange

/** What is passed on as it is; the compiler asks for a row when the namespace gets another method. */
const PASSED_ON: Record<Exclude<keyof Namespace, OfClients | 'identity'>, true> = {
  wasCarriedOut: true,
  openFile: true,
  atOneMoment: true,
  readTogether: true,
  block: true,
  blocksAfter: true,
  blocksOfFile: true,
  fileStatusById: true,
  pathOf: true,
  openFilesAfter: true,
  policyRequestsAfter: true,
  childrenOf: true,
  policyOfInode: true,
  deletedBlocksAfter: true,
  totals: true,
  nodeOrders: true,
  lastTransactionId: true,
  editsAfter: true,
  deletionTotals: true,
  isKeptForUndo: true,
  keptChildrenOf: true,
  snapshotContent: true,
  expiredLeases: true,
  beginLeaseRecovery: true,
  finishLeaseRecovery: true,
  forgetDeletedBlocks: true,
  purgeDeletedTrees: true,
  freeSnapshots: true,
  endPolicyRequest: true,
  giveUpDeletions: true,
  skipNumbers: true,
  pruneRequests: true,
  onCommitted: true,
  close: true,
}

/** The three tables name every method, and each goes to the method of its name: taken on trust here, checked by them. */
export function clientNamespace(
  namespace: Namespace,
  safeMode: SafeMode,
  audit: Pick<Audit, 'record'>,
): Namespace {
  const gate = new Gate(namespace, safeMode, audit)
  const methods: Record<string, unknown> = { identity: namespace.identity }
  const methodOf = (name: Exclude<keyof Namespace, 'identity'>): Method =>
    (namespace[name] as Method).bind(namespace)
  for (const name of keysOf(PASSED_ON)) methods[name] = methodOf(name)
  for (const name of keysOf(CLIENT_READS)) {
    const describe = CLIENT_READS[name] as (asked: unknown) => AuditedCall
    methods[name] = gate.read(describe, methodOf(name))
  }
  for (const name of keysOf(CLIENT_CHANGES)) {
    const describe = CLIENT_CHANGES[name] as (asked: unknown) => DescribedChange<unknown>
    methods[name] = gate.change(name, describe, methodOf(name))
  }
  return methods as unknown as Namespace
}

const keysOf = <K extends string>(table: Readonly<Record<K, unknown>>): readonly K[] =>
  Object.keys(table) as K[]

class Gate {
  readonly #namespace: Namespace
  readonly #safeMode: SafeMode
  readonly #audit: Pick<Audit, 'record'>

  constructor(namespace: Namespace, safeMode: SafeMode, audit: Pick<Audit, 'record'>) {
    this.#namespace = namespace
    this.#safeMode = safeMode
    this.#audit = audit
  }

  read(describe: (asked: unknown) => AuditedCall, method: Method) {
    return (call: Call, asked: unknown, ...rest: unknown[]): unknown => {
      return auditedRead(this.#audit, call, describe(asked), () => method(call, asked, ...rest))
    }
  }

  change(
    name: ClientChange,
    describe: (asked: unknown) => DescribedChange<unknown>,
    method: Method,
  ) {
    return async (call: Call, asked: unknown): Promise<unknown> => {
      const described = describe(asked)
      const { audit, made } = described
      const work = () => {
        this.#requireAllowed(name, call, described)
        return method(call, asked)
      }
      if (audit === undefined) return work()
      const madeBy = made && ((result: unknown) => permissionText(made(result)))
      return audited(this.#audit, call, audit, work, madeBy)
    }
  }

  /**
   * A repeated request gets its first answer also in safe mode, as from Hadoop's retry cache: the client's namenode has
   * restarted while it was waiting.
   */
  #requireAllowed(
    name: ClientChange,
    call: Call,
    { refusal, isContinuation }: DescribedChange<unknown>,
  ): void {
    if (refusal === undefined || !this.#safeMode.isOn) return
    if (isContinuation) this.#safeMode.requireNotManual(refusal)
    else if (!this.#namespace.wasCarriedOut(name, call)) this.#safeMode.requireOff(refusal)
  }
}

const permissionText = ({ owner, group, permission, kind }: FileStatus): string =>
  `${owner}:${group}:${symbolicPermission(permission, kind).slice(1)}`
