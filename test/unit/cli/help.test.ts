import { expect, it } from 'vitest'
import { COMMANDS } from '../../../cli/command-table.js'
import { runCommand } from './run-command.js'
import { ScriptedCluster } from './scripted-cluster.js'

it.each(COMMANDS.map(({ name }) => name))('dfs %s --help shows an example', async (name) => {
  const { code, stdout, stderr } = await runCommand(new ScriptedCluster(), [name, '--help'])
  expect(stderr).toBe('')
  expect(code).toBe(0)
  expect(stdout).toMatch(/\nExamples:\n {2}dfs /)
})
