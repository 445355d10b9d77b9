/** `dfs setfacl`: changes access control lists, with the options of Hadoop's shell. */
import type { Command } from 'commander'
import { type AclEntry, parseAclSpec } from '../../shared/acl.js'
import { DfsError } from '../../shared/errors.js'
import { type CommandContext, examples } from '../command.js'
import { descendants, forEachItem, type PathItem } from '../path-items.js'

interface SetfaclOptions {
  readonly removeAll?: true
  readonly removeDefault?: true
  readonly modify?: string
  readonly remove?: string
  readonly set?: string
  readonly recursive?: true
}

type Change = (item: PathItem) => Promise<void>

export function register(command: Command, context: CommandContext): void {
  command
    .argument('<path>', 'a file, directory or pattern')
    .option('-m, --modify <spec>', 'add or change entries, as user:bob:r-x,default:group::r--')
    .option('-x, --remove <spec>', 'remove entries, as user:bob,default:group:')
    .option('--set <spec>', 'replace the whole list')
    .option('-b, --remove-all', 'remove everything but the permission bits')
    .option('-k, --remove-default', 'remove the default list')
    .option('-R, --recursive', 'everything below directories, too')
  examples(command, [
    'dfs setfacl -m user:bob:r-x /data',
    'dfs setfacl -R -m group:analysts:r-x,default:group:analysts:r-x /data',
    'dfs setfacl -b /data',
  ])
  command.action(async (path: string, options: SetfaclOptions) => {
    const change = changeOf(options)
    await forEachItem(context, [path], async (item) => {
      await change(item)
      if (options.recursive !== true || item.status.kind !== 'directory') return
      for await (const child of descendants(item)) await change(child)
    })
  })
}

/** @throws DfsError USAGE unless exactly one change is asked for; ILLEGAL_ARGUMENT for a bad list */
function changeOf(options: SetfaclOptions): Change {
  const { modify, remove, set } = options
  const wanted = [modify, remove, set, options.removeAll, options.removeDefault]
  const count = wanted.filter((it) => it !== undefined).length
  if (count === 0) {
    throw new DfsError('USAGE', 'Expected one of -b, -k, -m, -x or --set options')
  }
  if (count > 1)
    throw new DfsError('USAGE', 'Specified flags contains both remove and modify flags')
  if (options.removeAll) return ({ client, path }) => client.attributes.removeAcl(path)
  if (options.removeDefault) return ({ client, path }) => client.attributes.removeDefaultAcl(path)
  const entries = parseAclSpec(
    modify ?? remove ?? set ?? '',
    remove === undefined ? 'required' : 'none',
  )
  if (entries.length === 0) throw new DfsError('USAGE', 'Missing <acl_spec> entry')
  const isRecursive = options.recursive === true
  return async (item) => {
    const { client, path } = item
    const fitting = isRecursive ? fittingEntries(entries, item) : entries
    if (fitting.length === 0) return
    if (modify !== undefined) await client.attributes.modifyAcl(path, fitting)
    else if (remove !== undefined) await client.attributes.removeAclEntries(path, fitting)
    else await client.attributes.setAcl(path, fitting)
  }
}

/** Files below a directory take no default entries. */
const fittingEntries = (entries: readonly AclEntry[], { status }: PathItem): readonly AclEntry[] =>
  status.kind === 'directory' ? entries : entries.filter((it) => it.scope === 'access')
