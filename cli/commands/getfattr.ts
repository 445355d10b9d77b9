/** `dfs getfattr`: extended attributes, as Hadoop's shell prints them. */
import { type Command, Option } from 'commander'
import { DfsError } from '../../shared/errors.js'
import {
  encodeXAttrValue,
  parseXAttrName,
  prefixedName,
  XATTR_ENCODINGS,
  type XAttr,
  type XAttrEncoding,
} from '../../shared/xattr.js'
import { type CommandContext, examples } from '../command.js'
import { printLine } from '../io.js'
import { descendants, forEachItem, type PathItem } from '../path-items.js'

interface GetfattrOptions {
  readonly name?: string
  readonly dump?: true
  readonly encoding: XAttrEncoding
  readonly recursive?: true
}

export function register(command: Command, context: CommandContext): void {
  command
    .argument('<path>', 'a file, directory or pattern')
    .option('-n, --name <name>', 'one attribute, as user.colour')
    .option('-d, --dump', 'all attributes')
    .addOption(
      new Option('-e, --encoding <form>', 'form of values')
        .choices(XATTR_ENCODINGS)
        .default('text'),
    )
    .option('-R, --recursive', 'everything below directories, too')
  examples(command, [
    'dfs getfattr -d /data/a.csv',
    'dfs getfattr -n user.colour -e hex /data/a.csv',
  ])
  command.action(async (path: string, options: GetfattrOptions) => {
    if (options.name === undefined && options.dump !== true) {
      throw new DfsError('USAGE', "Must specify '-n name' or '-d' option.")
    }
    const { name } = options
    const names = options.dump === true || name === undefined ? [] : [parseXAttrName(name)]
    const show = async ({ client, path: found, display }: PathItem) => {
      await printLine(context.io, `# file: ${display}`)
      for (const xattr of await client.attributes.xattrs(found, names)) {
        await printLine(context.io, xattrLine(xattr, options.encoding))
      }
    }
    await forEachItem(context, [path], async (item) => {
      await show(item)
      if (options.recursive !== true || item.status.kind !== 'directory') return
      for await (const child of descendants(item)) await show(child)
    })
  })
}

const xattrLine = (xattr: XAttr, encoding: XAttrEncoding): string =>
  xattr.value.length === 0
    ? prefixedName(xattr)
    : `${prefixedName(xattr)}=${encodeXAttrValue(xattr.value, encoding)}`
