/** What the quickstart prints, and the record of its steps. Colours only on a terminal. */
import { MIB } from './quickstart-files.mjs'

const isTerminal = process.stdout.isTTY === true && process.env.NO_COLOR === undefined
const paint = (code) => (text) => (isTerminal ? `\x1b[${code}m${text}\x1b[0m` : text)

export const bold = paint('1')
export const green = paint('32')
export const grey = paint('90')
export const indent = (text) => text.trimEnd().replaceAll(/^/gm, '    ')
export const inMib = (bytes) => `${Math.round(bytes / MIB)} MiB`

export function say(text) {
  process.stdout.write(`${text}\n`)
}

/** Every finished step: name, bytes that went through it, milliseconds. */
export const table = []

/** Does a step and prints how long it took. */
export async function step(name, bytes, action) {
  const beganMs = performance.now()
  const result = await action()
  const ms = performance.now() - beganMs
  table.push({ name, bytes, ms })
  const rate = bytes === 0 ? '' : `, ${Math.round(bytes / MIB / (ms / 1000))} MiB/s`
  say(`${green('✓')} ${name}  ${grey(`${(ms / 1000).toFixed(2)} s${rate}`)}`)
  return result
}
