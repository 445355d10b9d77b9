/** Short commands from the shell, process start included. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'

/** @returns seconds until it has ended; throws when it fails */
export async function timeCommand([program, ...words]: readonly [
  string,
  ...string[],
]): Promise<number> {
  const began = performance.now()
  const child = spawn(program, words, { stdio: ['ignore', 'ignore', 'ignore'] })
  const [code] = await once(child, 'exit')
  if (code !== 0) throw new Error(`${program} ${words.join(' ')} ended with ${code}`)
  return (performance.now() - began) / 1000
}
