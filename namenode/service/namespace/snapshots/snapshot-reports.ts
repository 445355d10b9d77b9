/** Questions about the difference of two states of a directory: finding the states, and reporting either way round. */
import { DfsError } from '../../../../shared/errors.js'
import type { Principal } from '../../../../shared/principal.js'
import { joinPath } from '../../../policy/path-name.js'
import { checkAccess, EXECUTE, READ } from '../../../policy/permissions.js'
import type { Inode } from '../../../storage/inode-store.js'
import type { Stores } from '../../../storage/stores.js'
import type { Tree } from '../namespace-tree.js'
import { currentView, type NamespaceState, snapshotView } from '../namespace-views.js'
import { requireDirectory } from './snapshot-checks.js'
import { type ComparedStates, differencesOf, type LocatedDifference } from './snapshot-diff.js'
import type {
  Difference,
  DiffPage,
  DiffQuestion,
  ListedDifference,
  SnapshotReads,
} from './snapshots.js'

/** Differences in an answer without pages. */
const MAX_REPORTED = 100_000
/** The current state is later than any transaction. */
const NOW = Number.MAX_SAFE_INTEGER

type PageQuestion = Parameters<SnapshotReads['snapshotDiffPage']>[1]
type DatedState = NamespaceState & { readonly taken: number }

interface Compared {
  readonly states: ComparedStates
  readonly isFromEarlier: boolean
}

/** The whole report. @throws SNAPSHOT */
export function reportDifferences(
  stores: Stores,
  tree: Tree,
  principal: Principal,
  question: DiffQuestion,
): Difference[] {
  const compared = compare(stores, tree, principal, question)
  if (compared === undefined) return []
  const report: Difference[] = []
  for (const located of differencesOf(compared.states, undefined)) {
    const difference = reported(located, compared.isFromEarlier)
    if (difference === undefined) continue
    if (report.length >= MAX_REPORTED) {
      const text = `More than ${MAX_REPORTED} differences in ${question.path}: ask for them page by page, between two snapshots`
      throw new DfsError('SNAPSHOT', text)
    }
    report.push(difference)
  }
  return report
}

export function pageOfDifferences(
  stores: Stores,
  tree: Tree,
  principal: Principal,
  question: PageQuestion,
): DiffPage {
  const compared = compare(stores, tree, principal, question)
  if (compared === undefined) return { differences: [], isFromEarlier: true, next: undefined }
  const { states, isFromEarlier } = compared
  const differences: ListedDifference[] = []
  let after = question.after
  for (const located of differencesOf(states, question.after)) {
    if (differences.length >= question.limit) return { differences, isFromEarlier, next: after }
    differences.push(located.difference)
    after = located.after
  }
  return { differences, isFromEarlier, next: undefined }
}

/** undefined when both are the same state. @throws SNAPSHOT, NOT_FOUND, NOT_A_DIRECTORY, PERMISSION_DENIED */
function compare(
  stores: Stores,
  tree: Tree,
  principal: Principal,
  { path: wanted, from, to }: DiffQuestion,
): Compared | undefined {
  const walked = tree.find(wanted, principal, 'using')
  const { inode: scope, path } = requireDirectory(walked)
  const rootIndex = walked.inodes.findIndex((it) => it.isSnapshottable)
  const root = walked.inodes[rootIndex]
  if (root === undefined || walked.state.point !== undefined) {
    throw new DfsError('SNAPSHOT', 'Directory is neither snapshottable nor under a snap root!')
  }
  const rootPath = joinPath(walked.components, rootIndex)
  const first = stateOf(stores, root, rootPath, from)
  const second = stateOf(stores, root, rootPath, to)
  for (const state of [first, second]) {
    const seen = state.get(scope.id)
    if (seen !== undefined) checkAccess(seen, path, principal, READ | EXECUTE)
  }
  if (first.taken === second.taken) return undefined
  const isFromEarlier = first.taken < second.taken
  const [earlier, later] = isFromEarlier ? [first, second] : [second, first]
  const { versions } = stores
  return { states: { versions, root: root.id, scope: scope.id, earlier, later }, isFromEarlier }
}

function stateOf(stores: Stores, root: Inode, path: string, name: string): DatedState {
  if (name === '') return { ...currentView(stores), taken: NOW }
  const snapshot = stores.snapshots.byName(root.id, name)
  if (snapshot !== undefined) return { ...snapshotView(stores, snapshot), taken: snapshot.taken }
  throw new DfsError('SNAPSHOT', `Cannot find the snapshot of directory ${path} with name ${name}`)
}

/** undefined for the target of a rename, of which the source tells. */
function reported(located: LocatedDifference, isFromEarlier: boolean): Difference | undefined {
  const { list, path, target } = located.difference
  if (list === 'modified') return { kind: 'modified', path }
  if (list === 'created') {
    return located.isRename ? undefined : { kind: isFromEarlier ? 'created' : 'deleted', path }
  }
  if (target === undefined) return { kind: isFromEarlier ? 'deleted' : 'created', path }
  return isFromEarlier
    ? { kind: 'renamed', path, target }
    : { kind: 'renamed', path: target, target: path }
}
