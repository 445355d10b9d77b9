/** `dfs admin safemode`, `metasave`, `save-namespace`, `roll-edits`, `refresh-nodes`: the state of the namenode. */
import type { SafeModeChange } from '../../../shared/client/administration.js'
import { DfsError } from '../../../shared/errors.js'
import { withNamenode } from '../../administration.js'
import { type CommandModule, examples } from '../../command.js'
import { printJson, printLine } from '../../io.js'

interface JsonOption {
  readonly json?: true
}

const CHANGES: Readonly<Record<string, SafeModeChange>> = {
  get: 'get',
  enter: 'enter',
  leave: 'leave',
  forceExit: 'force-exit',
  'force-exit': 'force-exit',
}
const WAIT_POLL_MS = 1_000

export const safeMode: CommandModule = {
  register: (command, context) => {
    command
      .argument('<action>', 'get, enter, leave, wait or force-exit')
      .option('--json', 'print a JSON document')
    examples(command, ['dfs admin safemode get', 'dfs dfsadmin -safemode wait'])
    command.action(async (action: string, options: JsonOption) => {
      const isOn = await withNamenode(context, async (namenode) => {
        if (action !== 'wait') return await namenode.safeMode(changeOf(action))
        const { clock } = context.io.seams
        for (;;) {
          if (!(await namenode.safeMode('get'))) return false
          await clock.sleep(WAIT_POLL_MS, context.io.signal)
        }
      })
      if (options.json === true) await printJson(context.io, { isOn })
      else await printLine(context.io, `Safe mode is ${isOn ? 'ON' : 'OFF'}`)
    })
  },
}

function changeOf(action: string): SafeModeChange {
  const change = Object.hasOwn(CHANGES, action) ? CHANGES[action] : undefined
  if (change !== undefined) return change
  throw new DfsError('USAGE', `unknown action '${action}': get, enter, leave, wait or force-exit`)
}

export const metaSave: CommandModule = {
  register: (command, context) => {
    command.argument('<name>', 'of the file that the namenode writes beside its logs')
    examples(command, ['dfs admin metasave today.txt'])
    command.action(async (name: string) => {
      await withNamenode(context, (namenode) => namenode.metaSave(name))
      const where = `in the log directory of namenode ${context.defaultFs()}`
      await printLine(context.io, `Created metasave file ${name} ${where}`)
    })
  },
}

export const saveNamespace: CommandModule = {
  register: (command, context) => {
    examples(command, [
      'dfs admin save-namespace     every change is saved already: for old scripts',
    ])
    command.action(async () => {
      await withNamenode(context, (namenode) => namenode.saveNamespace())
      await printLine(context.io, 'Save namespace successful')
    })
  },
}

export const rollEdits: CommandModule = {
  register: (command, context) => {
    command.option('--json', 'print a JSON document')
    examples(command, ['dfs admin roll-edits'])
    command.action(async (options: JsonOption) => {
      const transaction = await withNamenode(context, (namenode) => namenode.rollEdits())
      if (options.json === true)
        return await printJson(context.io, { nextTransaction: transaction })
      await printLine(context.io, 'Successfully rolled edit logs.')
      await printLine(context.io, `New segment starts at txid ${transaction}`)
    })
  },
}

export const refreshNodes: CommandModule = {
  register: (command, context) => {
    examples(command, ['dfs admin refresh-nodes'])
    command.action(async () => {
      await withNamenode(context, (namenode) => namenode.refreshNodes())
      await printLine(context.io, 'Refresh nodes successful')
    })
  },
}
