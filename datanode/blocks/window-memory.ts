/**
 * Memory for write windows: reused, because memory that was never touched costs more than the disk (design 7, cold
 * memory), and aligned to pages, because only such memory can be written past the page cache. JavaScript has one way
 * to aligned memory: WebAssembly's. Pages of it that are never touched cost nothing.
 */

/** The one part of it that is needed: the types of Node leave it out. */
declare const WebAssembly: {
  readonly Memory: new (limits: { initial: number; maximum: number }) => { buffer: ArrayBuffer }
}

const WASM_PAGE_BYTES = 64 * 1024

export class WindowMemory {
  readonly windowBytes: number
  readonly #maxWindows: number
  /** The one used last comes first: it is the warmest. */
  #spares: Buffer[] | undefined

  /** @param windowBytes a multiple of 64 KiB */
  constructor(windowBytes: number, maxWindows: number) {
    this.windowBytes = windowBytes
    this.#maxWindows = maxWindows
  }

  /** undefined when all windows are in use, or the system gives no such memory. */
  take(): Buffer | undefined {
    this.#spares ??= allocate(this.windowBytes, this.#maxWindows)
    return this.#spares.pop()
  }

  /** Nobody, the disk included, may look at it afterwards. @param window what `take` gave */
  giveBack(window: Buffer): void {
    this.#spares?.push(window)
  }
}

function allocate(windowBytes: number, count: number): Buffer[] {
  const pages = (windowBytes / WASM_PAGE_BYTES) * count
  try {
    const { buffer } = new WebAssembly.Memory({ initial: pages, maximum: pages })
    return Array.from({ length: count }, (_, index) =>
      Buffer.from(buffer, index * windowBytes, windowBytes),
    ).reverse()
  } catch {
    // Under a limit of address space: windows come from the heap then, and are written through the cache.
    return []
  }
}
