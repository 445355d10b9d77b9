/**
 * Apache Hadoop's Java clients for the interop tests: jars from Maven Central through test/interop/java/pom.xml, and our own
 * Java programs beside it, compiled against them.
 */
import { createHash } from 'node:crypto'
import { copyFileSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { installedClient, run, runSuccessfully } from './foreign-clients.js'

const JAVA_FOLDER = join(dirname(import.meta.dirname), 'interop', 'java')
const DEPENDENCY_PLUGIN = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1'
const INSTALL_TIMEOUT_MS = 10 * 60_000

/** The newest of the two lines that are maintained. */
export const HADOOP_VERSIONS = ['3.4.3', '3.5.0'] as const
export type HadoopVersion = (typeof HADOOP_VERSIONS)[number]

/** Folders of our own programs beside the pom: `commands` runs Hadoop's commands, `contract` its contract tests. */
export type JavaPrograms = 'commands' | 'contract'

const LOG_SETTINGS = 'log4j.properties'

/**
 * The class path with Hadoop's jars of one version and our programs of one folder; both are made when they are missing.
 * @throws Error when Java or Maven is not there
 */
export async function javaClassPath(
  version: HadoopVersion,
  programs: JavaPrograms,
): Promise<string> {
  const jars = await installedClient(`hadoop-${version}-${digest(['pom.xml'])}`, async (folder) => {
    await needTool('mvn', '--version')
    await runSuccessfully(
      'mvn',
      [
        ...['-q', '-B', '-f', join(JAVA_FOLDER, 'pom.xml'), `-Dhadoop.version=${version}`],
        ...[`${DEPENDENCY_PLUGIN}:copy-dependencies`, `-DoutputDirectory=${folder}`],
      ],
      { timeoutMs: INSTALL_TIMEOUT_MS },
    )
  })
  const sources = readdirSync(join(JAVA_FOLDER, programs)).map((name) => join(programs, name))
  const classes = await installedClient(
    `hadoop-${programs}-${version}-${digest(['pom.xml', LOG_SETTINGS, ...sources])}`,
    (folder) => compile(sources, join(jars, '*'), folder),
  )
  return `${classes}:${join(jars, '*')}`
}

async function compile(sources: readonly string[], jars: string, folder: string): Promise<void> {
  await needTool('javac', '-version')
  const paths = sources.map((name) => join(JAVA_FOLDER, name))
  await runSuccessfully('javac', ['-nowarn', '-proc:none', '-cp', jars, '-d', folder, ...paths])
  copyFileSync(join(JAVA_FOLDER, LOG_SETTINGS), join(folder, LOG_SETTINGS))
}

/** @throws Error that says what to install */
async function needTool(command: string, argument: string): Promise<void> {
  const outcome = await run(command, [argument]).catch((error: Error) => error)
  if (outcome instanceof Error) {
    throw new Error(`${command} is needed to test Java clients: install a JDK (17) and Maven`, {
      cause: outcome,
    })
  }
}

function digest(files: readonly string[]): string {
  const hash = createHash('sha256')
  for (const file of files) hash.update(file).update(readFileSync(join(JAVA_FOLDER, file)))
  return hash.digest('hex').slice(0, 12)
}
