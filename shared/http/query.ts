/** The parameters of a URL: each is one text. Given twice it arrives as an array, which no route of ours expects. */
import { DfsError } from '../errors.js'

/** @param query as the framework parsed it. @throws DfsError ILLEGAL_ARGUMENT for a parameter that is given twice */
export function singleParameters(query: unknown): Readonly<Record<string, string>> {
  const parameters: Record<string, string> = Object.create(null)
  for (const [name, value] of Object.entries(query ?? {})) {
    if (typeof value !== 'string') {
      throw new DfsError('ILLEGAL_ARGUMENT', `parameter ${name} is given more than once`)
    }
    parameters[name] = value
  }
  return parameters
}
