/** A running Java machine that executes Hadoop's commands (`dfs`, `dfsadmin`, `fsck`, …): see CommandDriver.java. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { userInfo } from 'node:os'
import { createInterface } from 'node:readline'
import { type HadoopVersion, javaClassPath } from './java-clients.js'

const COMMAND_TIMEOUT_MS = 5 * 60_000
const MAX_LOG_LINES = 200

export interface CommandResult {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

export interface CommandOptions {
  /** The user that runs the tests, when left out. */
  readonly user?: string
  readonly input?: string | Uint8Array
  readonly timeoutMs?: number
}

export class JavaCommands {
  readonly #child: ChildProcess
  readonly #waiting = new Map<string, (result: CommandResult) => void>()
  readonly #log: string[] = []
  #lastNumber = 0

  private constructor(child: ChildProcess) {
    this.#child = child
    if (child.stdout === null || child.stderr === null) throw new Error('no pipes to the machine')
    createInterface({ input: child.stdout }).on('line', (line) => this.#answer(line))
    createInterface({ input: child.stderr }).on('line', (line) => {
      this.#log.push(line)
      if (this.#log.length > MAX_LOG_LINES) this.#log.shift()
    })
  }

  /** @param configuration Hadoop's, such as fs.defaultFS */
  static async start(
    version: HadoopVersion,
    configuration: Readonly<Record<string, string>>,
  ): Promise<JavaCommands> {
    const classPath = await javaClassPath(version, 'commands')
    const pairs = Object.entries(configuration).map(([key, value]) => `${key}=${value}`)
    const child = spawn(
      'java',
      ['-Xmx1g', '-XX:+UseSerialGC', '-cp', classPath, 'CommandDriver', ...pairs],
      { stdio: 'pipe' },
    )
    await once(child, 'spawn')
    return new JavaCommands(child)
  }

  /** What the machine complained of outside of any command. */
  get log(): string {
    return this.#log.join('\n')
  }

  /** Runs `hdfs <words>`; a failing command is an answer like any other. */
  async run(words: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
    this.#lastNumber += 1
    const number = String(this.#lastNumber)
    const fields = [options.user ?? userInfo().username, options.input ?? '', ...words]
    const line = [number, ...fields.map((field) => Buffer.from(field).toString('base64'))]
    const limitMs = options.timeoutMs ?? COMMAND_TIMEOUT_MS
    return new Promise((resolve, reject) => {
      const fail = (reason: string) => {
        this.#waiting.delete(number)
        reject(new Error(`hdfs ${words.join(' ')}: ${reason}\n${this.log}`))
      }
      const timer = setTimeout(() => fail(`no answer in ${limitMs} ms`), limitMs)
      const ended = () => fail('the Java machine has ended')
      this.#child.once('exit', ended)
      this.#waiting.set(number, (result) => {
        clearTimeout(timer)
        this.#child.off('exit', ended)
        resolve(result)
      })
      if (this.#child.exitCode !== null) ended()
      else this.#child.stdin?.write(`${line.join('\t')}\n`)
    })
  }

  /** @returns what the command printed; throws with everything when it does not exit with 0 */
  async succeed(words: readonly string[], options: CommandOptions = {}): Promise<string> {
    const { exitCode, stdout, stderr } = await this.run(words, options)
    if (exitCode === 0) return stdout
    throw new Error(
      `hdfs ${words.join(' ')}: exit code ${exitCode}\n${stderr}\n${stdout}\n${this.log}`,
    )
  }

  /** `hdfs dfs <words>`, successfully. */
  dfs(...words: readonly string[]): Promise<string> {
    return this.succeed(['dfs', ...words])
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    this.#child.stdin?.end()
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 5_000)
    await once(this.#child, 'exit')
    clearTimeout(timer)
  }

  #answer(line: string): void {
    const [number = '', exitCode = '', stdout = '', stderr = ''] = line.split('\t')
    const answered = this.#waiting.get(number)
    this.#waiting.delete(number)
    answered?.({
      // As the system would cut it: Hadoop's -1 is a program's 255.
      exitCode: Number(exitCode) & 255,
      stdout: Buffer.from(stdout, 'base64').toString('utf8'),
      stderr: Buffer.from(stderr, 'base64').toString('utf8'),
    })
  }
}
