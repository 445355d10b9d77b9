/**
 * Broken promises of our own code. A failed assertion is a bug of ours and ends the process; failures of the
 * outside world (disks, peers, users) are `DfsError`s and are handled.
 */
export class AssertionFailure extends Error {
  override readonly name = 'AssertionFailure'
}

/** Throws `AssertionFailure` unless `condition` holds. Stays on in production. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new AssertionFailure(message)
}

/** Returns `value`, which must be neither null nor undefined. */
export function present<T>(value: T | null | undefined, message: string): T {
  if (value === null || value === undefined) throw new AssertionFailure(message)
  return value
}

/** For the `default` of an exhaustive switch: the compiler complains when a case is missing. */
export function assertNever(value: never): never {
  throw new AssertionFailure(`unexpected value ${JSON.stringify(value)}`)
}
