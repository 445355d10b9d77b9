/**
 * Keeps Node from reading the file that NODE_EXTRA_CA_CERTS names. Node does that at each start, for 70 ms of processor
 * time with the usual 140 certificates, twice what the rest of its start costs; dfs makes no TLS connection. bin/dfs does
 * the same for the process that a shell starts. Programs that a server runs for its operator get the variable back.
 */

const VARIABLE = 'NODE_EXTRA_CA_CERTS'
const KEPT_AS = 'DFS_KEPT_EXTRA_CA_CERTS'

type Environment = Readonly<Record<string, string | undefined>>

/** For a Node process of our own. @returns a copy in which the variable has another name */
export function withoutExtraCertificates(
  environment: Environment = process.env,
): NodeJS.ProcessEnv {
  return renamed(environment, VARIABLE, KEPT_AS)
}

/** For programs of others. @returns a copy in which the variable has its own name */
export function withExtraCertificates(environment: Environment = process.env): NodeJS.ProcessEnv {
  return renamed(environment, KEPT_AS, VARIABLE)
}

function renamed(environment: Environment, from: string, to: string): NodeJS.ProcessEnv {
  const { [from]: value, ...rest } = environment
  return value === undefined ? rest : { ...rest, [to]: value }
}
