/** Open files as callers of the library hold them, and the seam through which `DfsClient` opens them. */

/** A file being written. One call at a time; after an error only `abort` is left. */
export interface WritableFile {
  /** The server's number of the file, which survives a rename; undefined when it told none. */
  readonly fileId?: number | undefined
  /** Takes all of `bytes`; resolves when there is room for more. The buffer may be used again after that. */
  write(bytes: Uint8Array): Promise<void>
  /** What was written can be read by others now. */
  hflush(): Promise<void>
  /** As `hflush`, and it is on the disks of the pipeline. */
  hsync(): Promise<void>
  /** Completes the file: when it resolves, every byte is durable (promise P1). */
  close(): Promise<void>
  /** Gives up: closes connections and leaves the file to lease recovery, or to a delete. Never throws. */
  abort(): Promise<void>
}

/** A file open for reading, as long as it was when it was opened. */
export interface ReadableFile {
  readonly lengthBytes: number
  /**
   * Verified bytes from `positionBytes`, up to `lengthBytes` of them or to the end of the file. A replica that fails or
   * lies is left for another one without the caller noticing. Pieces keep their contents for good.
   */
  read(positionBytes: number, lengthBytes: number): AsyncIterable<Uint8Array>
  close(): Promise<void>
}

export interface CreateRequest {
  readonly path: string
  readonly overwrite: boolean
  readonly createParent: boolean
  readonly permission: number
  readonly unmaskedPermission?: number | undefined
  /** undefined: the server's default. */
  readonly replication: number | undefined
  readonly blockSizeBytes: number | undefined
  readonly signal: AbortSignal | undefined
}

/** Opens files over the block streaming protocol; tests put their own in its place. */
export interface FileStreams {
  create(request: CreateRequest): Promise<WritableFile>
  append(path: string, signal: AbortSignal | undefined): Promise<WritableFile>
  open(path: string, signal: AbortSignal | undefined): Promise<ReadableFile>
  /** Ends lease renewals. */
  close(): Promise<void>
}
