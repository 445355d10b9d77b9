/** `dfs groups`, and the commands that have the namenode ask again who belongs to which. */
import { withNamenode } from '../../administration.js'
import { type CommandModule, examples } from '../../command.js'
import { printJson, printLine } from '../../io.js'

export const groups: CommandModule = {
  register: (command, context) => {
    command
      .argument('[user...]', 'users (default: yourself)')
      .option('--json', 'print a JSON document')
    examples(command, ['dfs groups', 'dfs groups alice bob --json'])
    command.action(async (users: string[], options: { readonly json?: true }) => {
      const asked = users.length === 0 ? [context.user] : users
      const found: Record<string, readonly string[]> = {}
      await withNamenode(context, async (namenode) => {
        for (const user of asked) found[user] = await namenode.groups(user)
      })
      if (options.json === true) return await printJson(context.io, found)
      for (const user of asked) {
        const names = (found[user] ?? []).map((it) => ` ${it}`)
        await printLine(context.io, `${user} :${names.join('')}`)
      }
    })
  },
}

export const refreshGroups: CommandModule = {
  register: (command, context) => {
    examples(command, ['dfs admin refresh-groups'])
    command.action(async () => {
      await withNamenode(context, (namenode) => namenode.refreshGroups())
      await printLine(context.io, 'Refresh user to groups mapping successful')
    })
  },
}

export const refreshProxyUsers: CommandModule = {
  register: (command, context) => {
    examples(command, ['dfs admin refresh-proxy-users'])
    command.action(async () => {
      await withNamenode(context, (namenode) => namenode.refreshProxyUsers())
      await printLine(context.io, 'Refresh super user groups configuration successful')
    })
  },
}
