/** What `npm run bench` can be asked for. */
import { type ParseArgsConfig, parseArgs } from 'node:util'

const HELP = `Usage: npm run bench [-- [quick] [options]]

Apache HDFS and dfs on this machine, the same work for both, in turns. See test/bench/README.md.

  quick                  a quarter of the bytes and operations, three rounds
  --only put-1,stat      rows whose ids begin so; start, memory and ls are those of whole clusters
  --clients java         one set: java (the same Java client for both) or own (each its own)
  --rounds 9             how many pairs are counted
  --save                 keep the results in docs/bench (a whole bench does so by itself)
  --set NAME=VALUE       a setting of ours; the figures that count have none
  --apache NAME=VALUE    a property of Apache's
  --against FOLDER       another checkout of ours, built, in Apache's place, with our client or --clients java
  -h, --help             this text

Examples:
  npm run bench -- quick
  npm run bench -- --clients java --only stat,rename --rounds 5
`

const OPTIONS = {
  only: { type: 'string' },
  rounds: { type: 'string' },
  clients: { type: 'string', default: 'java,own' },
  save: { type: 'boolean', default: false },
  set: { type: 'string', multiple: true, default: [] },
  against: { type: 'string' },
  apache: { type: 'string', multiple: true, default: [] },
  help: { type: 'boolean', short: 'h', default: false },
} as const satisfies ParseArgsConfig['options']

/** The arguments of this process. Ends it where they ask for help (0), or for what there is not (2). */
export function benchOptions() {
  try {
    const { values, positionals } = parseArgs({ allowPositionals: true, options: OPTIONS })
    const unknown = positionals.find((word) => word !== 'quick')
    if (unknown !== undefined) throw new TypeError(`Unknown word '${unknown}'`)
    if (values.rounds !== undefined && !/^[1-9]\d?$/.test(values.rounds)) {
      throw new TypeError(`--rounds takes a number from 1 to 99, not '${values.rounds}'`)
    }
    if (values.help) {
      process.stdout.write(HELP)
      process.exit(0)
    }
    return { ...values, isQuick: positionals.length > 0 }
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    process.stderr.write(`bench: ${error.message}\n\n${HELP}`)
    process.exit(2)
  }
}
