/** What a test says where it can prove nothing: a pass without a word would be taken for a proof. */
import { it } from 'vitest'

/** A test that prints what is not tested on this machine. @param why what is missing */
export function sayNotTested(what: string, why: string): void {
  const text = `NOT TESTED: ${what}, because ${why}`
  it(text, () => {
    process.stderr.write(`\n${text}\n`)
  })
}
