/** Joining files: the decision of concat, whose order of checks and texts are Hadoop's (protocol reference 2.5). */
import { DfsError } from '../../../../shared/errors.js'
import { checkSpace } from '../../../policy/argument-limits.js'
import { joinPath } from '../../../policy/path-name.js'
import { checkAccess, READ, WRITE } from '../../../policy/permissions.js'
import type { Inode } from '../../../storage/inode-store.js'
import type { ChangeContext, ChangeRule } from '../namespace-change.js'
import { claimedSpace } from './namespace-blocks.js'
import { checkMayUnlink } from './namespace-directories.js'
import { requireFile } from './namespace-files.js'
import { checkQuotas, usageDifference, usageOf } from './namespace-quotas.js'

interface Target {
  readonly file: Inode
  readonly path: string
}

export const concatRule: ChangeRule<'concat'> = {
  decide: (context, change) => {
    const { principal } = context.call
    if (change.sources.length === 0) {
      throw new DfsError('JAVA_ILLEGAL_ARGUMENT', 'No sources given')
    }
    const found = context.tree.find(change.target, principal, 'using')
    const path = joinPath(found.components)
    if (found.target !== undefined) checkAccess(found.target, path, principal, WRITE)
    const file = requireFile(found.target, path)
    if (file.isOpen) throw refused(`concat: target file ${path} is under construction`)
    const sources = change.sources.map((it) => requireSource(context, it, { file, path }))
    if (new Set(sources.map((it) => it.id)).size < sources.length) {
      throw refused('concat: at least two of the source files are the same')
    }
    const added = sources.reduce(
      (sum, it) => sum + it.lengthBytes * (file.replication - it.replication),
      0,
    )
    checkSpace(claimedSpace(context), added)
    checkQuotasOfConcat(context, file, sources)
    const edit = {
      op: 'concat',
      path,
      user: principal.user,
      inode: file.id,
      sources: sources.map((it) => it.id),
      sourcePaths: change.sources,
    } as const
    return { edit, result: () => undefined, remember: true }
  },
  answerAgain: () => undefined,
}

/** The bytes of the sources come under the replication and the storage policy of the target. */
function checkQuotasOfConcat(context: ChangeContext, file: Inode, sources: readonly Inode[]): void {
  if (!context.stores.quotas.isUsed) return
  const before = usageOf(context, file)
  const lengthBytes = sources.reduce((sum, it) => sum + it.lengthBytes, file.lengthBytes)
  const joined = usageOf(context, { ...file, lengthBytes })
  const added = sources.reduce(
    (sum, it) => usageDifference(sum, usageOf(context, it)),
    usageDifference(joined, before),
  )
  checkQuotas(context, file.parent, { ...added, names: 0 })
}

function requireSource(context: ChangeContext, named: string, target: Target): Inode {
  const { principal } = context.call
  const walked = context.tree.find(named, principal, 'using')
  const path = joinPath(walked.components)
  if (walked.target !== undefined) checkAccess(walked.target, path, principal, READ)
  checkMayUnlink(walked, context)
  const source = requireFile(walked.target, path)
  if (source.parent !== target.file.parent) {
    throw refused(`Source file ${path} is not in the same directory with the target ${target.path}`)
  }
  if (context.versions.isInSnapshot(source)) {
    throw new DfsError('SNAPSHOT', `Concat: the source file ${path} is in snapshot`)
  }
  if (source.id === target.file.id) {
    throw refused(`concat: the src file ${path} is the same with the target file ${target.path}`)
  }
  if (source.isOpen || context.stores.blocks.countOfFile(source.id) === 0) {
    throw refused(`concat: source file ${path} is invalid or empty or underConstruction`)
  }
  if (source.blockSizeBytes > target.file.blockSizeBytes) {
    throw refused(
      `concat: source file ${path} has preferred block size ${source.blockSizeBytes} which is greater ` +
        `than the target file's preferred block size ${target.file.blockSizeBytes}`,
    )
  }
  return source
}

const refused = (text: string) => new DfsError('ILLEGAL_ARGUMENT', text)
