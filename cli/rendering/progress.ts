/**
 * How far a copy is: bytes, rate and time left, on one line of a terminal's stderr that is drawn over. Nothing at all
 * is written when stderr is no terminal, nor for copies that end at once.
 */
import type { CliIo } from '../io.js'
import { sizeWithUnit } from './sizes.js'

/** A copy that ends sooner shows nothing. */
const SHOW_AFTER_MS = 700
const REDRAW_EVERY_MS = 200
const LINE_START_AND_CLEAR = '\r\u001b[K'

export class Progress {
  readonly #io: CliIo
  readonly #startMs: number
  #totalBytes: number | undefined
  #doneBytes = 0
  #doneFiles = 0
  #drawnMs: number
  #isShown = false

  /** @param totalBytes undefined when it is not known, as for standard input */
  constructor(io: CliIo, totalBytes: number | undefined) {
    this.#io = io
    this.#totalBytes = totalBytes
    this.#startMs = io.seams.clock.monotonicMs()
    this.#drawnMs = this.#startMs + SHOW_AFTER_MS - REDRAW_EVERY_MS
  }

  /** For totals that are learned on the way. */
  expectMore(bytes: number): void {
    this.#totalBytes = (this.#totalBytes ?? 0) + bytes
  }

  add(bytes: number): void {
    this.#doneBytes += bytes
    this.#redraw()
  }

  fileDone(): void {
    this.#doneFiles += 1
  }

  /** Removes the line. To be called in any case. */
  end(): void {
    if (this.#isShown) this.#io.stderr.write(LINE_START_AND_CLEAR)
    this.#isShown = false
  }

  #redraw(): void {
    if (!this.#io.isErrorTerminal) return
    const nowMs = this.#io.seams.clock.monotonicMs()
    if (nowMs - this.#drawnMs < REDRAW_EVERY_MS) return
    this.#drawnMs = nowMs
    this.#isShown = true
    this.#io.stderr.write(`${LINE_START_AND_CLEAR}${this.#line(nowMs - this.#startMs)}`)
  }

  #line(elapsedMs: number): string {
    return progressLine({
      doneBytes: this.#doneBytes,
      totalBytes: this.#totalBytes,
      doneFiles: this.#doneFiles,
      elapsedMs,
    })
  }
}

/** Pure: the text of the line. */
export function progressLine(state: {
  readonly doneBytes: number
  readonly totalBytes: number | undefined
  readonly doneFiles: number
  readonly elapsedMs: number
}): string {
  const { doneBytes, totalBytes, doneFiles, elapsedMs } = state
  const bytesPerSecond = elapsedMs > 0 ? (doneBytes * 1000) / elapsedMs : 0
  const parts = [sizeWithUnit(doneBytes, 1)]
  if (totalBytes !== undefined && totalBytes > 0) {
    const share = Math.min(100, Math.floor((doneBytes / totalBytes) * 100))
    parts[0] = `${share}%  ${sizeWithUnit(doneBytes, 1)} of ${sizeWithUnit(totalBytes, 1)}`
  }
  parts.push(`${sizeWithUnit(Math.round(bytesPerSecond), 1)}/s`)
  if (totalBytes !== undefined && bytesPerSecond > 0) {
    parts.push(`${durationText(Math.max(0, totalBytes - doneBytes) / bytesPerSecond)} left`)
  }
  if (doneFiles > 0) parts.push(`${doneFiles} file${doneFiles === 1 ? '' : 's'} done`)
  return parts.join('  ')
}

/** `7 s`, `2 min 05 s`, `3 h 07 min`. */
export function durationText(seconds: number): string {
  const whole = Math.ceil(seconds)
  if (whole < 60) return `${whole} s`
  const two = (value: number) => `${value}`.padStart(2, '0')
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`
  return `${Math.floor(whole / 3600)} h ${two(Math.floor((whole % 3600) / 60))} min`
}
