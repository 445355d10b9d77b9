/** A condition variable: several parties wait for a change of shared state and look again after each. */
export class Condition {
  #waiting: Promise<void> | undefined
  #release = () => {}

  /** Resolves at the next `notifyAll`. */
  wait(): Promise<void> {
    this.#waiting ??= new Promise((resolve) => {
      this.#release = resolve
    })
    return this.#waiting
  }

  notifyAll(): void {
    if (this.#waiting === undefined) return
    this.#waiting = undefined
    this.#release()
  }
}
