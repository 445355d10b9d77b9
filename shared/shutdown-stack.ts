/** Closes what was opened, in reverse order, and reports every failure instead of stopping at the first. */
export class ShutdownStack {
  readonly #entries: { readonly name: string; readonly close: () => Promise<void> | void }[] = []
  #closing: Promise<void> | undefined

  /** Registers how to close `resource` and returns it. */
  use<T>(name: string, resource: T, close: (resource: T) => Promise<void> | void): T {
    this.#entries.push({ name, close: () => close(resource) })
    return resource
  }

  /** Closes everything once; later calls wait for the first. Throws an `AggregateError` when something failed. */
  closeAll(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    const failures: unknown[] = []
    for (const entry of this.#entries.toReversed()) {
      try {
        await entry.close()
      } catch (error) {
        failures.push(new Error(`closing ${entry.name} failed`, { cause: error }))
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, 'shutdown was not clean')
  }
}
