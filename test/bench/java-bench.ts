/** The Java machine that does the work of the bench: see java/BenchDriver.java. */
import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { apacheJars, NEEDED_JAVA_OPTION } from '../support/apache-hdfs.js'
import { installedClient, runSuccessfully } from '../support/foreign-clients.js'
import type { Work } from './work.js'

const SOURCE = join(import.meta.dirname, 'java', 'BenchDriver.java')
const NANOSECONDS = 1e9
const MAX_LOG_CHARACTERS = 4000

export class JavaBench {
  readonly name = "Apache's Java client"
  readonly #child: ChildProcess
  readonly #lines: AsyncIterator<string>
  #log = ''
  readonly pid: number

  private constructor(child: ChildProcess) {
    this.#child = child
    if (child.stdout === null || child.stderr === null) throw new Error('no pipes to the machine')
    if (child.pid === undefined) throw new Error('the machine did not start')
    this.pid = child.pid
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#log = (this.#log + text).slice(-MAX_LOG_CHARACTERS)
    })
  }

  static async start(): Promise<JavaBench> {
    const jars = join(await apacheJars(), '*')
    const digest = createHash('sha256').update(readFileSync(SOURCE)).digest('hex').slice(0, 12)
    const classes = await installedClient(`bench-driver-${digest}`, async (folder) => {
      await runSuccessfully('javac', ['-nowarn', '-cp', jars, '-d', folder, SOURCE])
    })
    const options = ['-Xmx1g', NEEDED_JAVA_OPTION, '-cp', `${classes}:${jars}`]
    const child = spawn('java', [...options, 'BenchDriver'], { stdio: 'pipe' })
    await once(child, 'spawn')
    return new JavaBench(child)
  }

  /** @throws Error with what the machine said when the work failed */
  async run(fs: string, work: Work): Promise<number> {
    const { operation, folder, threads, count, bytes } = work
    this.#child.stdin?.write(`${[operation, fs, folder, threads, count, bytes].join('\t')}\n`)
    const { value = 'failed\tthe Java machine has ended' } = await this.#lines.next()
    const [outcome, rest = ''] = String(value).split('\t')
    if (outcome !== 'ok') throw new Error(`${operation} on ${fs}: ${rest}\n${this.#log}`)
    return Number(rest) / NANOSECONDS
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    this.#child.stdin?.end()
    await once(this.#child, 'exit')
  }
}
