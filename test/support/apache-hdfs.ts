/** A real Apache HDFS (one namenode, some datanodes, each a JVM of its own) for our own client to be tested against. */
import { type ChildProcess, spawn } from 'node:child_process'
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DfsClient } from '../../shared/client/dfs-client.js'
import { installedClient, run, runSuccessfully } from './foreign-clients.js'
import { waitUntil } from './wait-until.js'

export const APACHE_VERSION = '3.4.3'
const POM = join(import.meta.dirname, '..', 'interop', 'apache-hdfs', 'pom.xml')
/** Hadoop 3.4 on Java 17 answers every WebHDFS call with 500 without it. */
export const NEEDED_JAVA_OPTION = '--add-opens=java.base/java.lang=ALL-UNNAMED'
const SMALL_PROCESSES = `${NEEDED_JAVA_OPTION} -Xmx384m -XX:TieredStopAtLevel=1 -XX:+UseSerialGC`
/** Its start takes 20 seconds of processor time: minutes on a busy machine. */
const START_TIMEOUT_MS = 300_000

export interface ApacheOptions {
  readonly datanodes?: number
  /** Beside and over those that make a test quick; into hdfs-site.xml. */
  readonly properties?: Readonly<Record<string, string>>
  /** Of each server's machine; default: those of small, short-lived processes. */
  readonly javaOptions?: string
}

interface Jvm {
  readonly child: ChildProcess
  readonly exited: Promise<void>
  readonly logFile: string
}

export class ApacheHdfs {
  readonly fs: string
  readonly #folder: string
  readonly classPath: string
  readonly #options: ApacheOptions
  readonly #jvms: Jvm[] = []
  readonly #datanodes: Jvm[] = []

  private constructor(folder: string, jars: string, port: number, options: ApacheOptions) {
    this.#options = options
    this.fs = `hdfs://127.0.0.1:${port}`
    this.#folder = folder
    this.classPath = `${folder}/conf:${jars}/*`
  }

  static async start(options: ApacheOptions = {}): Promise<ApacheHdfs> {
    const datanodes = options.datanodes ?? 3
    const jars = await apacheJars()
    const folder = mkdtempSync(join(tmpdir(), 'dfs-apache-hdfs-'))
    const cluster = new ApacheHdfs(folder, jars, await freePort(), options)
    try {
      cluster.#configure()
      await cluster.#format()
      cluster.#jvms.push(cluster.#spawn('namenode', NAMENODE_CLASS, []))
      for (let index = 0; index < datanodes; index += 1) cluster.#startDatanode(index)
      await cluster.#ready(datanodes)
      return cluster
    } catch (error) {
      await cluster.stop()
      throw error
    }
  }

  /** Of all its servers. */
  get pids(): readonly number[] {
    return this.#jvms.flatMap(({ child }) => child.pid ?? [])
  }

  /** What Apache's own shell prints for a command. */
  async shell(...words: string[]): Promise<string> {
    return await runSuccessfully('java', ['-cp', this.classPath, SHELL_CLASS, ...words], {
      environment: this.#java,
    })
  }

  /** Ends a datanode as `kill -9` does. */
  async killDatanode(index: number): Promise<void> {
    const jvm = this.#datanodes[index]
    if (jvm === undefined) throw new Error(`there is no datanode ${index}`)
    jvm.child.kill('SIGKILL')
    await jvm.exited
  }

  async stop(): Promise<void> {
    for (const { child } of this.#jvms) child.kill('SIGKILL')
    await Promise.all(this.#jvms.map(({ exited }) => exited))
    rmSync(this.#folder, { recursive: true, force: true })
  }

  get #java(): Record<string, string> {
    return { JDK_JAVA_OPTIONS: this.#options.javaOptions ?? SMALL_PROCESSES }
  }

  #configure(): void {
    // Its web servers do not start without the folders of their pages.
    for (const page of ['hdfs', 'datanode']) {
      mkdirSync(join(this.#folder, 'conf', 'webapps', page), { recursive: true })
    }
    this.#write('core-site.xml', {
      'fs.defaultFS': this.fs,
      'hadoop.tmp.dir': `${this.#folder}/data`,
      'fs.trash.interval': '60',
    })
    this.#write('hdfs-site.xml', {
      'dfs.namenode.http-address': '127.0.0.1:0',
      'dfs.namenode.fs-limits.min-block-size': '0',
      'dfs.blocksize': '1048576',
      'dfs.datanode.address': '127.0.0.1:0',
      'dfs.datanode.http.address': '127.0.0.1:0',
      'dfs.datanode.ipc.address': '127.0.0.1:0',
      // Blocks of a killed datanode are copied within the test, not after ten minutes.
      'dfs.heartbeat.interval': '1',
      'dfs.namenode.heartbeat.recheck-interval': '2000',
      ...this.#options.properties,
    })
  }

  #write(name: string, properties: Readonly<Record<string, string>>): void {
    const lines = Object.entries(properties).map(
      ([key, value]) => `<property><name>${key}</name><value>${value}</value></property>`,
    )
    const text = `<configuration>\n${lines.join('\n')}\n</configuration>\n`
    writeFileSync(join(this.#folder, 'conf', name), text)
  }

  async #format(): Promise<void> {
    const words = ['-cp', this.classPath, NAMENODE_CLASS, '-format', '-nonInteractive']
    const { exitCode, stderr } = await run('java', words, { environment: this.#java })
    if (exitCode !== 0) throw new Error(`formatting failed: ${stderr}`)
  }

  #startDatanode(index: number): void {
    const folder = `dfs.datanode.data.dir=${this.#folder}/data/datanode-${index}`
    const jvm = this.#spawn(`datanode-${index}`, DATANODE_CLASS, ['-D', folder])
    this.#jvms.push(jvm)
    this.#datanodes.push(jvm)
  }

  #spawn(name: string, mainClass: string, words: readonly string[]): Jvm {
    const logFile = join(this.#folder, `${name}.log`)
    const log = openSync(logFile, 'a')
    const child = spawn('java', ['-cp', this.classPath, mainClass, ...words], {
      env: { ...process.env, ...this.#java },
      stdio: ['ignore', log, log],
    })
    closeSync(log)
    const exited = new Promise<void>((resolve, reject) => {
      child.on('error', reject)
      child.on('exit', () => resolve())
    })
    return { child, exited, logFile }
  }

  async #ready(datanodes: number): Promise<void> {
    const client = DfsClient.connect({ fs: this.fs })
    try {
      await waitUntil(
        async () => {
          const nodes = await client.datanodeReport()
          return nodes.length === datanodes && !(await client.isInSafeMode())
        },
        {
          what: `an Apache HDFS with ${datanodes} datanodes`,
          timeoutMs: START_TIMEOUT_MS,
          explain: () =>
            this.#jvms.map(({ logFile }) => readFileSync(logFile, 'utf8').slice(-2000)),
        },
      )
    } finally {
      await client.close()
    }
  }
}

/** The folder of the jars of its servers, installed by the first call. */
export async function apacheJars(): Promise<string> {
  return await installedClient(`apache-hdfs-${APACHE_VERSION}`, async (target) => {
    await runSuccessfully('mvn', [
      ...['-q', '-B', '-f', POM, `-Dhadoop.version=${APACHE_VERSION}`],
      ...['dependency:copy-dependencies', `-DoutputDirectory=${target}`],
    ])
  })
}

const NAMENODE_CLASS = 'org.apache.hadoop.hdfs.server.namenode.NameNode'
const DATANODE_CLASS = 'org.apache.hadoop.hdfs.server.datanode.DataNode'
const SHELL_CLASS = 'org.apache.hadoop.fs.FsShell'

/** Apache's datanodes must be told the namenode's port before it runs, so it cannot be chosen by the system at bind. */
async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no free port')
  return address.port
}
