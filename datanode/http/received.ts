/** What a sender's mistakes and disappearances are called: without this they would look like failures of ours. */
import { DfsError } from '../../shared/errors.js'

/** Yields what `body` yields; a body that breaks off or is malformed is the sender's error, not an internal one. */
export async function* received<T>(body: AsyncIterable<T>): AsyncGenerator<T> {
  try {
    yield* body
  } catch (cause) {
    if (cause instanceof DfsError) throw cause
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new DfsError('ILLEGAL_ARGUMENT', `the request body could not be read: ${reason}`, {
      cause,
    })
  }
}
