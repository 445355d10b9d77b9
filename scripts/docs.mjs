/** Writes the tables of docs/ from the tables of the code: settings and errors have one home. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PROJECT, prepare } from './prepare.mjs'

prepare()
const { SETTINGS, SETTING_KEYS, environmentName } = await import(
  join(PROJECT, 'dist', 'shared', 'config', 'settings.js')
)
const { ERROR_TABLE } = await import(join(PROJECT, 'dist', 'shared', 'errors.js'))

writeFileSync(join(PROJECT, 'docs', 'settings.md'), settingsPage())
writeFileSync(join(PROJECT, 'docs', 'errors.md'), errorsPage())

function settingsPage() {
  const rows = SETTING_KEYS.map((key) => {
    const { description, typeName, processes, hdfsName, ...setting } = SETTINGS[key]
    const value = setting.format(setting.defaultValue)
    const type = typeName.replaceAll('|', '\\|')
    return [
      `\`${key}\``,
      value === '' ? '' : `\`${value}\``,
      type,
      processes.join(', '),
      description,
      hdfsName === undefined ? '' : `\`${hdfsName}\``,
    ]
  })
  return `# Settings

Written by \`npm run docs\` from \`shared/config/settings.ts\`. One file serves a whole cluster: each process reads what
concerns it. A later source wins: the file (\`--config\`, \`DFS_CONFIG\`, \`./dfs.yaml\`, \`/etc/dfs/dfs.yaml\`), the
environment (\`${environmentName('block.size')}\` for \`block.size\`), flags (\`--set block.size=64MiB\`). \`dfs config\`
prints the values in effect and where each comes from. \`DFS_CONFIG=/dev/null\` is no file at all; an empty \`DFS_CONFIG\`
is as if it were not set.

Sizes are \`1048576\`, \`1MiB\` or \`128m\`, in powers of 1024; durations carry their unit: \`500ms\`, \`15s\`, \`10m\`,
\`7d\`. HDFS's names work in place of ours, with HDFS's units. Unknown names and impossible values are refused with
their place. A default gives way to what was chosen: with \`block.size: 64KiB\` alone, \`block.min-size\` is 64 KiB too.

${markdownTable(['setting', 'default', 'type', 'read by', 'meaning', "HDFS's name"], rows)}`
}

function errorsPage() {
  const rows = Object.entries(ERROR_TABLE).map(([code, row]) => [
    `\`${code}\``,
    String(row.httpStatus),
    String(row.exitCode),
    row.retry,
    `\`${row.javaClass}\``,
  ])
  return `# Errors

Written by \`npm run docs\` from \`shared/errors.ts\`. The code stands in problem documents (\`application/problem+json\`,
field \`code\`) and in \`DfsError.code\`; Hadoop clients see the Java class; the command line ends with the exit code.
Retry says what helps: never, later, the same node, another node.

${markdownTable(['code', 'HTTP', 'exit code', 'retry', 'Java class'], rows)}`
}

function markdownTable(head, rows) {
  const lines = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`)
  return `${lines.join('\n')}\n`
}
