/** Waiting for what real processes do in their own time: by looking, never by a guessed pause. */

const POLL_MS = 20

export interface WaitOptions {
  /** What is awaited, for the message: "three replicas of /a". */
  readonly what: string
  readonly timeoutMs?: number
  /** What there is instead, for the message. */
  readonly explain?: () => unknown
}

/** Resolves with the first value of `look` that is neither false nor undefined; an error of `look` means "not yet". */
export async function waitUntil<T>(
  look: () => Promise<T | false | undefined> | T | false | undefined,
  { what, timeoutMs = 30_000, explain }: WaitOptions,
): Promise<T> {
  const endsMs = performance.now() + timeoutMs
  let lastError: unknown
  for (;;) {
    try {
      const found = await look()
      if (found !== false && found !== undefined) return found
      lastError = undefined
    } catch (error) {
      lastError = error
    }
    if (performance.now() > endsMs) {
      const instead = explain === undefined ? '' : `; instead: ${JSON.stringify(await explain())}`
      throw new Error(`waited ${timeoutMs} ms in vain for ${what}${instead}`, { cause: lastError })
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
}
