/** A pipeline that could not be set up, or broke: the message tells how, `failedIndex` which node to go on without. */
import { DfsError, type ErrorCode } from '../errors.js'

export class PipelineFailure extends DfsError {
  /** Index of the node to blame, in the order of the pipeline's nodes. */
  readonly failedIndex: number

  constructor(code: ErrorCode, message: string, failedIndex: number, cause?: unknown) {
    super(code, message, { cause, details: { failedIndex } })
    this.failedIndex = failedIndex
  }
}
