/** The processes of the quickstart: `dfs` in the foreground and in the background, all gone at the end. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { PROJECT } from './prepare.mjs'
import { grey, indent, say } from './quickstart-screen.mjs'

const DFS = join(PROJECT, 'bin', 'dfs')
const STOP_LIMIT_MS = 15_000

const started = new Set()

/** Starts `dfs` in the background; what it complains of is shown. */
export function startDfs(words) {
  const child = spawn(DFS, words, { stdio: ['ignore', 'pipe', 'pipe'] })
  createInterface({ input: child.stderr }).on('line', (line) => {
    if (!line.startsWith('{')) say(grey(indent(line)))
  })
  started.add(child)
  child.once('exit', () => started.delete(child))
  return child
}

/** The first line that a background process prints. Throws when it ends without one. */
export function firstLine(child) {
  return new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve)
    child.once('exit', (code) =>
      reject(new Error(`a dfs process ended with ${code} before it was ready`)),
    )
  })
}

/** Runs `dfs` to its end. @returns what it printed */
export async function runDfs(words) {
  const child = spawn(DFS, words, { stdio: ['ignore', 'pipe', 'pipe'] })
  const output = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr']) {
    child[name].setEncoding('utf8').on('data', (text) => {
      output[name] += text
    })
  }
  const [code] = await once(child, 'close')
  if (code === 0) return output.stdout
  throw new Error(`dfs ${words.join(' ')} ended with ${code}: ${output.stderr.trim()}`)
}

/** undefined where the system does not tell. */
export function residentMib(pid) {
  try {
    const [, kib] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
    return kib === undefined ? undefined : Math.round(Number(kib) / 1024)
  } catch (error) {
    if (error.code === 'ENOENT') return undefined
    throw error
  }
}

export async function stopStarted() {
  const exits = [...started].map((child) => once(child, 'exit'))
  for (const child of started) child.kill('SIGTERM')
  const timer = setTimeout(killStarted, STOP_LIMIT_MS)
  await Promise.all(exits)
  clearTimeout(timer)
}

/** At once; the servers of `dfs up` end with it. */
export function killStarted() {
  for (const child of started) child.kill('SIGKILL')
}
