/** `dfs getfacl`: owner, group and every entry of an access control list, as Hadoop's shell prints them. */
import type { Command } from 'commander'
import {
  type AclEntry,
  effectivePermission,
  formatAclEntry,
  fullAcl,
  symbolicBits,
} from '../../shared/acl.js'
import { type CommandContext, examples } from '../command.js'
import { printLine } from '../io.js'
import { descendants, forEachItem, type PathItem } from '../path-items.js'

const STICKY_BIT = 0o1000

export function register(command: Command, context: CommandContext): void {
  command
    .argument('<path>', 'a file, directory or pattern')
    .option('-R, --recursive', 'everything below directories, too')
  examples(command, ['dfs getfacl /data', 'dfs getfacl -R /data'])
  command.action(async (path: string, options: { readonly recursive?: true }) => {
    const show = async (item: PathItem) => {
      for (const line of await aclLines(item)) await printLine(context.io, line)
    }
    await forEachItem(context, [path], async (item) => {
      await show(item)
      if (options.recursive !== true || item.status.kind !== 'directory') return
      for await (const child of descendants(item)) await show(child)
    })
  })
}

async function aclLines({ client, path, display, status }: PathItem): Promise<string[]> {
  const { permission, entries } = status.hasAcl
    ? await client.attributes.acl(path)
    : { permission: status.permission, entries: [] }
  const sticky = permission & 1 ? '--t' : '--T'
  return [
    `# file: ${display}`,
    `# owner: ${status.owner}`,
    `# group: ${status.group}`,
    ...(permission & STICKY_BIT ? [`# flags: ${sticky}`] : []),
    ...fullAcl(permission, entries).map((entry) => entryLine(entry, permission, entries)),
    '',
  ]
}

/** An entry that the mask cuts short says what is left of it. */
function entryLine(entry: AclEntry, permission: number, entries: readonly AclEntry[]): string {
  const line = formatAclEntry(entry)
  if (!entries.some((it) => it.scope === entry.scope)) return line
  const effective = effectivePermission(entry, permission, entries)
  return effective === entry.permission ? line : `${line}\t#effective:${symbolicBits(effective)}`
}
