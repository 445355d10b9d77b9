/** `dfs setfattr`: sets or removes one extended attribute. */
import type { Command } from 'commander'
import { DfsError } from '../../shared/errors.js'
import { decodeXAttrValue, parseXAttrName } from '../../shared/xattr.js'
import { type CommandContext, examples } from '../command.js'
import { forEachItem } from '../path-items.js'

interface SetfattrOptions {
  readonly name?: string
  readonly value?: string
  readonly remove?: string
}

export function register(command: Command, context: CommandContext): void {
  command
    .argument('<path>', 'a file, directory or pattern')
    .option('-n, --name <name>', 'attribute to set, as user.colour')
    .option('-v, --value <value>', 'text, "text", 0x and hex digits, or 0s and base64')
    .option('-x, --remove <name>', 'attribute to remove')
  examples(command, [
    'dfs setfattr -n user.colour -v red /data/a.csv',
    'dfs setfattr -x user.colour /data/a.csv',
  ])
  command.action(async (path: string, { name, value, remove }: SetfattrOptions) => {
    if (name !== undefined && remove !== undefined) {
      throw new DfsError('USAGE', "Can not specify both '-n name' and '-x name' option.")
    }
    const text = name ?? remove
    if (text === undefined) {
      throw new DfsError('USAGE', "Must specify '-n name' or '-x name' option.")
    }
    const xattr = { ...parseXAttrName(text), value: decodeXAttrValue(value ?? '') }
    await forEachItem(context, [path], async ({ client, path: found }) => {
      if (name !== undefined) await client.attributes.setXAttr(found, xattr)
      else await client.attributes.removeXAttr(found, xattr)
    })
  })
}
