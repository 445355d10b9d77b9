/** One serial queue for each block id: changes of a replica never overlap, changes of different ones always may. */
export class BlockQueue {
  readonly #tails = new Map<number, Promise<unknown>>()

  /** Runs `task` after all earlier tasks of the block, whether they failed or not. */
  run<T>(id: number, task: () => Promise<T>): Promise<T> {
    const previous = this.#tails.get(id)
    const result = previous === undefined ? task() : previous.then(task, task)
    const settled: Promise<void> = result.then(
      () => this.#forget(id, settled),
      () => this.#forget(id, settled),
    )
    this.#tails.set(id, settled)
    return result
  }

  /** How many blocks have work in progress. */
  get size(): number {
    return this.#tails.size
  }

  #forget(id: number, tail: Promise<unknown>): void {
    if (this.#tails.get(id) === tail) this.#tails.delete(id)
  }
}
