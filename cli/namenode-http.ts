/** Asks the cluster of a command over HTTP: for what Hadoop's protocol has no call for. */
import { askNamenode as ask, namenodeUrl } from '../shared/client/namenode-web.js'
import type { CommandContext } from './command.js'

/** The option of every command that asks over HTTP. */
export const HTTP_OPTION = [
  '--http <url>',
  'the namenode over HTTP (default: DFS_HTTP, or port 9870 of its host)',
] as const

export interface NamenodeQuestion {
  /** Absolute path of the resource. */
  readonly path: string
  readonly method?: 'GET' | 'PUT' | 'POST' | 'DELETE'
  readonly parameters?: Readonly<Record<string, string>>
  /** Sent as JSON. */
  readonly body?: object
  /** What `--http` said. */
  readonly http?: string | undefined
  /** Of another cluster than the default one. */
  readonly fs?: string | undefined
}

/** What `--http` said, or the environment. */
export function httpBase({ io }: CommandContext, option: string | undefined): string | undefined {
  return option ?? io.environment['DFS_HTTP']
}

/** @throws DfsError USAGE for an address that is none, REMOTE in the server's words, CONNECTION_REFUSED and the like */
export async function askNamenode(
  context: CommandContext,
  { path, method = 'GET', parameters = {}, body, http, fs }: NamenodeQuestion,
): Promise<Response> {
  const url = namenodeUrl(fs ?? context.defaultFs(), httpBase(context, http), path)
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
  const { signal } = context.io
  if (body === undefined) return await ask(url, { method, signal })
  const headers = { 'content-type': 'application/json' }
  return await ask(url, { method, signal, headers, body: JSON.stringify(body) })
}
