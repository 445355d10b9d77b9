/** `dfs chown`. */
import type { Command } from 'commander'
import { DfsError } from '../../shared/errors.js'
import { changeEach } from '../attribute-changes.js'
import { type CommandContext, examples } from '../command.js'

const NAME = '[-_./@a-zA-Z0-9]'
const OWNER_AND_GROUP = new RegExp(`^\\s*(${NAME}+)?(?::(${NAME}*))?\\s*$`)

export function register(command: Command, context: CommandContext): void {
  command
    .argument('<owner>', 'as owner, owner:group or :group')
    .argument('<path...>', 'files, directories or patterns')
    .option('-R, --recursive', 'everything below directories, too')
  examples(command, ['dfs chown alice /home/alice', 'dfs chown -R alice:staff /data'])
  command.action(async (text: string, paths: string[], options: { readonly recursive?: true }) => {
    await changeOwners(context, paths, parseOwner(text), options.recursive === true)
  })
}

interface Ownership {
  readonly owner: string | undefined
  readonly group: string | undefined
}

/** Sets what differs; what is undefined stays. */
export async function changeOwners(
  context: CommandContext,
  paths: readonly string[],
  wanted: Ownership,
  recursive: boolean,
): Promise<void> {
  const choice = { recursive, what: 'ownership' }
  await changeEach(context, paths, choice, async ({ client, path, status }) => {
    const owner = wanted.owner === status.owner ? undefined : wanted.owner
    const group = wanted.group === status.group ? undefined : wanted.group
    if (owner !== undefined || group !== undefined) await client.chown(path, { owner, group })
  })
}

/** @throws DfsError USAGE */
export function parseOwner(text: string): Ownership {
  const match = OWNER_AND_GROUP.exec(text)
  if (match === null) {
    throw new DfsError('USAGE', `'${text}' does not match expected pattern for [owner][:group].`)
  }
  const owner = match[1]
  const group = match[2] === '' ? undefined : match[2]
  if (owner === undefined && group === undefined) {
    throw new DfsError('USAGE', `'${text}' does not specify owner or group.`)
  }
  return { owner, group }
}
